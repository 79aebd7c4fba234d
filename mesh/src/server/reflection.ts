import { toBinary, type DescFile, type DescService } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import { type Server, ServerInterceptingCall, type ServerInterceptor, status } from "@grpc/grpc-js";
import { ReflectionService } from "@grpc/reflection";
import type { ApiKeys } from "../api-keys.js";
import { toGrpcStatus } from "./grpc-status.js";

type PackageDefinition = ConstructorParameters<typeof ReflectionService>[0];

/** Files of the services and everything these import, each once. */
function descriptorFiles(services: readonly DescService[]): Buffer[] {
  const files = new Map<string, Buffer>();
  const visit = (file: DescFile) => {
    if (files.has(file.proto.name)) return;
    files.set(file.proto.name, Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
    file.dependencies.forEach(visit);
  };
  for (const { file } of services) visit(file);
  return [...files.values()];
}

/** Lets grpcurl and its like list and describe the services: grpc.reflection.v1 and v1alpha. */
export function addReflection(server: Server, services: readonly DescService[]): void {
  // The package wants what proto-loader gives; of that it reads only the descriptors' bytes.
  const format = "Protocol Buffer 3 DescriptorProto";
  const definition: PackageDefinition = { files: { format, type: {}, fileDescriptorProtos: descriptorFiles(services) } };
  new ReflectionService(definition).addToServer(server);
}

/** Reflection's handlers stand outside of Connect's interceptors, so its key is checked here. */
export function reflectionGuard(keys: ApiKeys): ServerInterceptor {
  return (method, call) => {
    if (!method.path.startsWith("/grpc.reflection.")) return new ServerInterceptingCall(call);
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata(metadata, proceed) {
            try {
              keys.verify(metadata.get("authorization")[0]?.toString());
              proceed(metadata);
            } catch (error) {
              call.sendStatus({ ...toGrpcStatus(error), code: status.UNAUTHENTICATED });
            }
          },
        }),
    });
  };
}
