-- Counting a listener's tracks reads the index alone where the table was vacuumed. Rows are added far more often than changed, and
-- the default waits for a fifth of the table to be new. PostgreSQL 13 and later.
ALTER TABLE "saved_tracks" SET (autovacuum_vacuum_insert_scale_factor = 0.02);
