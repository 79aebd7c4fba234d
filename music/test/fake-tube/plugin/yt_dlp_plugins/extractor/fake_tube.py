"""Lets the real yt-dlp talk to the fake tube: its extractors keep their names and ask somebody else.

Every answer of the fake tube is the dictionary that an extractor returns, or {"error": "..."} for what it raises.
"""

import os
from urllib.parse import quote

from yt_dlp.extractor.common import InfoExtractor
from yt_dlp.extractor.soundcloud import SoundcloudIE, SoundcloudSearchIE, SoundcloudSetIE
from yt_dlp.extractor.youtube import YoutubeIE, YoutubeSearchIE, YoutubeTabIE
from yt_dlp.utils import ExtractorError

BASE = os.environ.get('FAKE_TUBE', 'http://127.0.0.1:9')


def _begin(self):
    pass


def _extract(self, url):
    answer = self._download_json(f'{BASE}/page?url={quote(url, safe="")}', 'page')
    if answer.get('error'):
        raise ExtractorError(answer['error'], expected=True)
    return answer


def _find(self, query):
    found = self._download_json(f'{BASE}/search?word={self._SEARCH_KEY}&query={quote(query, safe="")}', 'search')
    for hit in found['hits']:
        yield {'_type': 'url', **hit}


def _find_limited(self, query, count):
    entries = list(_find(self, query))[:int(count)]
    return self.playlist_result(entries, query, query)


class FakeVideoIE(YoutubeIE, plugin_name='fake'):
    _VALID_URL = r'https?://www\.youtube\.com/watch\?v=(?P<id>[\w-]{11})'
    _initialize_pre_login = _real_initialize = _begin
    _real_extract = _extract


class FakeListIE(YoutubeTabIE, plugin_name='fake'):
    _VALID_URL = r'https?://www\.youtube\.com/playlist\?list=(?P<id>[\w-]+)'
    _initialize_pre_login = _real_initialize = _begin
    _real_extract = _extract


class FakeVideoSearchIE(YoutubeSearchIE, plugin_name='fake'):
    _initialize_pre_login = _real_initialize = _begin
    _get_n_results = _find_limited


class FakeTrackIE(SoundcloudIE, plugin_name='fake'):
    _CLIENT_ID = 'none'
    _VALID_URL = r'https?://(?:api\.)?soundcloud\.com/(?!.*/sets/)(?P<id>[\w/-]+)'
    _initialize_pre_login = _real_initialize = _begin
    _real_extract = _extract


class FakeSetIE(SoundcloudSetIE, plugin_name='fake'):
    _CLIENT_ID = 'none'
    _VALID_URL = r'https?://soundcloud\.com/[\w-]+/sets/(?P<id>[\w-]+)'
    _initialize_pre_login = _real_initialize = _begin
    _real_extract = _extract


class FakeTrackSearchIE(SoundcloudSearchIE, plugin_name='fake'):
    _CLIENT_ID = 'none'
    _initialize_pre_login = _real_initialize = _begin
    _get_n_results = _find_limited


class FakeNamedIE(InfoExtractor):
    IE_NAME = 'fakecamp:album'
    _VALID_URL = r'https?://\w+\.fakecamp\.example/(?P<id>.+)'
    _real_extract = _extract


class FakeUnnamedIE(InfoExtractor):
    IE_NAME = 'fakeother'
    _VALID_URL = r'https?://\w+\.fakeother\.example/(?P<id>.+)'
    _real_extract = _extract
