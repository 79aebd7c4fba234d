-- CreateTable
CREATE TABLE "delivery_batches" (
    "id" UUID NOT NULL,
    "bot_id" TEXT NOT NULL,
    "request_key" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "chat_id" BIGINT NOT NULL,
    "title" TEXT NOT NULL,
    "context" BYTEA NOT NULL,
    "card_message_id" BIGINT NOT NULL DEFAULT 0,
    "paused" BOOLEAN NOT NULL DEFAULT false,
    "turn" TIMESTAMPTZ(3) NOT NULL,
    "wake_at" TIMESTAMPTZ(3),
    "open" INTEGER NOT NULL,
    "held" INTEGER NOT NULL DEFAULT 0,
    "claimer" TEXT,
    "token" BIGINT NOT NULL DEFAULT 0,
    "ttl_seconds" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "delivery_batches_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "deliveries" (
    "id" UUID NOT NULL,
    "batch_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "place" INTEGER NOT NULL,
    "bot_id" TEXT NOT NULL,
    "track_key" TEXT NOT NULL,
    "format" SMALLINT NOT NULL,
    "track" BYTEA NOT NULL,
    "state" SMALLINT NOT NULL,
    "attempts" SMALLINT NOT NULL DEFAULT 0,
    "resends" SMALLINT NOT NULL DEFAULT 0,
    "not_before" TIMESTAMPTZ(3) NOT NULL,
    "uploads" BOOLEAN NOT NULL DEFAULT false,
    "token" BIGINT NOT NULL DEFAULT 0,
    "lease_until" TIMESTAMPTZ(3),
    "task_id" TEXT NOT NULL DEFAULT '',
    "failure_reason" TEXT NOT NULL DEFAULT '',
    "message_id" BIGINT NOT NULL DEFAULT 0,
    "completed_token" BIGINT,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateIndex: what may be claimed; deliveries that wait for their next attempt are passed over inside the index.
CREATE INDEX "delivery_batches_queue_idx" ON "delivery_batches"("bot_id", "turn", "created_at", "wake_at") WHERE "wake_at" IS NOT NULL;

-- CreateIndex: what a user waits for.
CREATE INDEX "delivery_batches_open_idx" ON "delivery_batches"("user_id", "bot_id", "turn") WHERE "open" > 0;

-- CreateIndex: what retention removes.
CREATE INDEX "delivery_batches_finished_idx" ON "delivery_batches"("finished_at") WHERE "finished_at" IS NOT NULL;

-- CreateIndex
CREATE INDEX "delivery_batches_user_id_created_at_idx" ON "delivery_batches"("user_id", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "delivery_batches_bot_id_request_key_key" ON "delivery_batches"("bot_id", "request_key");

-- CreateIndex
CREATE UNIQUE INDEX "deliveries_batch_id_position_key" ON "deliveries"("batch_id", "position");

-- CreateIndex: at most one delivery at a time uploads a track.
CREATE UNIQUE INDEX "deliveries_upload_key" ON "deliveries"("bot_id", "track_key", "format") WHERE "uploads";

-- CreateIndex: leases that run out.
CREATE INDEX "deliveries_lease_idx" ON "deliveries"("bot_id", "lease_until") WHERE "state" IN (2, 3);

-- CreateIndex: the queue, as statistics count it. 4 and above are final.
CREATE INDEX "deliveries_open_idx" ON "deliveries"("state") WHERE "state" < 4;

-- AddForeignKey
ALTER TABLE "deliveries" ADD CONSTRAINT "deliveries_batch_id_fkey" FOREIGN KEY ("batch_id") REFERENCES "delivery_batches"("id") ON DELETE CASCADE ON UPDATE CASCADE;
