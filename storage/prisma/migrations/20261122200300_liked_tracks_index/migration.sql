-- Beside the traffic: a file with one such statement is applied outside of a transaction.
CREATE INDEX CONCURRENTLY "saved_tracks_user_id_liked_at_id_idx" ON "saved_tracks"("user_id", "liked_at", "id") WHERE "liked_at" IS NOT NULL;
