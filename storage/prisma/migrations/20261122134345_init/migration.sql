-- CreateTable
CREATE TABLE "search_cache" (
    "key" BYTEA NOT NULL,
    "results" BYTEA,
    "complete" BOOLEAN NOT NULL DEFAULT false,
    "cached_at" TIMESTAMPTZ(3) NOT NULL,
    "fresh_until" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "lease_until" TIMESTAMPTZ(3),

    CONSTRAINT "search_cache_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "known_tracks" (
    "key" TEXT NOT NULL,
    "track" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "known_tracks_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "saved_tracks" (
    "id" UUID NOT NULL,
    "user_id" TEXT NOT NULL,
    "track_key" TEXT NOT NULL,
    "track" BYTEA NOT NULL,
    "search_text" TEXT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "saved_tracks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "removed_tracks" (
    "id" UUID NOT NULL,
    "user_id" TEXT NOT NULL,
    "removed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "removed_tracks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "telegram_files" (
    "bot_id" TEXT NOT NULL,
    "track_key" TEXT NOT NULL,
    "format" SMALLINT NOT NULL,
    "file_id" TEXT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "telegram_files_pkey" PRIMARY KEY ("bot_id","track_key","format")
);

-- CreateTable
CREATE TABLE "users" (
    "user_id" TEXT NOT NULL,
    "language" TEXT NOT NULL DEFAULT '',
    "format" SMALLINT NOT NULL DEFAULT 1,
    "blocked" BOOLEAN NOT NULL DEFAULT false,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "users_pkey" PRIMARY KEY ("user_id")
);

-- CreateIndex
CREATE INDEX "search_cache_expires_at_idx" ON "search_cache"("expires_at");

-- CreateIndex
CREATE INDEX "search_cache_cached_at_idx" ON "search_cache"("cached_at");

-- CreateIndex
CREATE INDEX "known_tracks_expires_at_idx" ON "known_tracks"("expires_at");

-- CreateIndex
CREATE INDEX "saved_tracks_user_id_created_at_id_idx" ON "saved_tracks"("user_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "saved_tracks_user_id_track_key_key" ON "saved_tracks"("user_id", "track_key");
