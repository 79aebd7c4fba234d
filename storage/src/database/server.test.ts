import { describe, expect, test } from "vitest";
import { explainRefusal } from "./refusal.js";
import { serverConnection } from "./server.js";
import { UnusableDatabaseError } from "./unusable-database-error.js";

const URL_WITH_PASSWORD = "postgresql://refrain:hunt%20er2@db:5432/refrain";

describe("the connection to a server", () => {
  test("waits for nothing for ever", () => {
    const {
      connectionTimeoutMillis,
      statement_timeout: statement,
      query_timeout: query,
    } = serverConnection({ kind: "server", url: URL_WITH_PASSWORD, poolSize: 7 });
    for (const timeout of [connectionTimeoutMillis, statement, query]) expect(timeout).toBeGreaterThan(0);
  });

  test("is what the settings say, and the server's timeout comes before ours", () => {
    const options = {
      kind: "server",
      url: URL_WITH_PASSWORD,
      poolSize: 7,
      connectTimeoutMs: 300,
      statementTimeoutMs: 700,
    } as const;
    const connection = serverConnection(options);
    expect(connection).toMatchObject({ max: 7, connectionTimeoutMillis: 300, statement_timeout: 700 });
    expect(connection.query_timeout).toBeGreaterThan(700);
  });

  test.each(["refrain", "mysql://u:hunter2@db/x", "postgresql://u:hunter2%@db/x", "postgresql://u:hunter2@db/x?schema=other"])(
    "refuses %s in one line, without its password",
    (url) => {
      expect(() => serverConnection({ kind: "server", url, poolSize: 1 })).toThrow(UnusableDatabaseError);
      expect(() => serverConnection({ kind: "server", url, poolSize: 1 })).toThrow(
        expect.objectContaining({ message: expect.not.stringMatching(/hunter2|\n/) }),
      );
    },
  );
});

describe("a refusal", () => {
  test("never repeats the password, however the error spells it", () => {
    const error = new Error("SSL: cannot use hunt er2 or hunt%20er2");
    const explained = explainRefusal(URL_WITH_PASSWORD, error);
    expect(explained?.message).toMatch(/db:5432 did not agree/);
    expect(`${explained?.message} ${String(explained?.cause)}`).not.toMatch(/hunt/);
  });

  test.each([
    ["28P01", /refused user refrain/],
    ["3D000", /no database refrain/],
    ["53300", /no connection left.*DATABASE_POOL_SIZE/],
    ["42501", /may not create tables/],
    ["25006", /takes no writes.*standby/],
    ["57P03", /cannot reach PostgreSQL at db:5432 \(57P03\)/],
    ["ENOTFOUND", /cannot reach PostgreSQL at db:5432 \(ENOTFOUND\)/],
  ])("with %s says what to do", (code, says) => {
    expect(explainRefusal(URL_WITH_PASSWORD, Object.assign(new Error("x"), { code }))?.message).toMatch(says);
  });

  test("is not made up for a defect of ours", () => {
    expect(explainRefusal(URL_WITH_PASSWORD, new TypeError("x is undefined"))).toBeUndefined();
  });
});
