-- Beside the traffic: a file with one such statement is applied outside of a transaction.
CREATE INDEX CONCURRENTLY "removed_tracks_removed_at_idx" ON "removed_tracks"("removed_at");
