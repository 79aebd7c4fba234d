-- AlterTable
ALTER TABLE "removed_tracks" ADD COLUMN     "created_at" TIMESTAMPTZ(3),
ADD COLUMN     "liked_at" TIMESTAMPTZ(3),
ADD COLUMN     "search_text" TEXT,
ADD COLUMN     "size_bytes" BIGINT,
ADD COLUMN     "track" BYTEA,
ADD COLUMN     "track_key" TEXT;

-- AlterTable
ALTER TABLE "saved_tracks" ADD COLUMN     "liked_at" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "users" ADD COLUMN     "use_day" DATE,
ADD COLUMN     "use_downloads" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "use_keys" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "use_searches" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "choices" (
    "user_id" TEXT NOT NULL,
    "key" BYTEA NOT NULL,
    "query" TEXT NOT NULL,
    "track" BYTEA NOT NULL,
    "chosen_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "choices_pkey" PRIMARY KEY ("user_id","key")
);

-- CreateTable
CREATE TABLE "recent_tracks" (
    "user_id" TEXT NOT NULL,
    "track_key" TEXT NOT NULL,
    "track" BYTEA NOT NULL,
    "played_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "recent_tracks_pkey" PRIMARY KEY ("user_id","track_key")
);

-- CreateIndex
CREATE INDEX "choices_chosen_at_idx" ON "choices"("chosen_at");

-- CreateIndex
CREATE INDEX "recent_tracks_user_id_played_at_idx" ON "recent_tracks"("user_id", "played_at");
