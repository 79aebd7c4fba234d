-- Beside the traffic: a file with one such statement is applied outside of a transaction.
CREATE INDEX CONCURRENTLY "removed_tracks_user_id_idx" ON "removed_tracks"("user_id");
