-- Beside the traffic: a file with one such statement is applied outside of a transaction.
CREATE INDEX CONCURRENTLY "removed_tracks_restorable_idx" ON "removed_tracks"("removed_at") WHERE "track" IS NOT NULL;
