-- CreateTable
CREATE TABLE "track_days" (
    "day" DATE NOT NULL,
    "track_key" TEXT NOT NULL,
    "plays" INTEGER NOT NULL,
    "in_day" BOOLEAN NOT NULL DEFAULT true,
    "in_week" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "track_days_pkey" PRIMARY KEY ("day","track_key")
);

-- CreateTable
CREATE TABLE "track_totals" (
    "track_key" TEXT NOT NULL,
    "track" BYTEA NOT NULL,
    "plays_day" INTEGER NOT NULL,
    "plays_week" INTEGER NOT NULL,
    "plays_total" BIGINT NOT NULL,

    CONSTRAINT "track_totals_pkey" PRIMARY KEY ("track_key")
);

-- CreateTable
CREATE TABLE "day_counts" (
    "day" DATE NOT NULL,
    "name" TEXT NOT NULL,
    "value" BIGINT NOT NULL,

    CONSTRAINT "day_counts_pkey" PRIMARY KEY ("day","name")
);

-- CreateIndex: days that have to leave the chart of the day.
CREATE INDEX "track_days_in_day_idx" ON "track_days"("day") WHERE "in_day";

-- CreateIndex: days that have to leave the chart of the week.
CREATE INDEX "track_days_in_week_idx" ON "track_days"("day") WHERE "in_week";

-- CreateIndex
CREATE INDEX "track_totals_day_idx" ON "track_totals"("plays_day" DESC, "track_key") WHERE "plays_day" > 0;

-- CreateIndex
CREATE INDEX "track_totals_week_idx" ON "track_totals"("plays_week" DESC, "track_key") WHERE "plays_week" > 0;

-- CreateIndex
CREATE INDEX "track_totals_plays_total_track_key_idx" ON "track_totals"("plays_total" DESC, "track_key");
