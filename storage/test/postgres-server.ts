export { findPostgres, startPostgres, type PostgresServer } from "../src/testing-postgres.js";
