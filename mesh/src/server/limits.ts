/** Largest message either side may send, in bytes: gRPC's own default. A cached search with 50 tracks is below 0.5 MB. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
