import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { createValidator, type Validator, type Violation } from "@bufbuild/protovalidate";
import { Code, type ConnectError, type Interceptor } from "@connectrpc/connect";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { serviceError } from "../errors/service-error.js";

/** Checks every request against the `buf.validate` rules of its contract, so that handlers never check fields. */
export function validate(validator: Validator = createValidator()): Interceptor {
  return (next) => (request) => {
    const { input } = request.method;
    if (!request.stream) {
      check(validator, input, request.message);
      return next(request);
    }
    return next({ ...request, message: checked(validator, input, request.message) });
  };
}

async function* checked<D extends DescMessage>(validator: Validator, schema: D, messages: AsyncIterable<MessageShape<D>>) {
  for await (const message of messages) {
    check(validator, schema, message);
    yield message;
  }
}

function check<D extends DescMessage>(validator: Validator, schema: D, message: MessageShape<D>): void {
  const result = validator.validate(schema, message);
  if (result.kind === "valid") return;
  if (result.kind === "error") throw result.error;
  throw invalid(result.violations);
}

function invalid(violations: readonly Violation[]): ConnectError {
  const fields = violations.map(({ field, message }) => ({ field: pathToString(field), description: message }));
  const summary = fields.map(({ field, description }) => `${field}: ${description}`).join("; ");
  return serviceError(Code.InvalidArgument, "INVALID_ARGUMENT", summary, { violations: fields });
}
