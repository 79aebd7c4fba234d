import type { PrismaClient } from "../generated/prisma/client.js";

/** Settings of a user. */
export interface UserSettings {
  /** BCP 47; empty: none chosen. */
  readonly language: string;
  /** Number of refrain.music.v1.AudioFormat, never UNSPECIFIED. */
  readonly format: number;
  readonly blocked: boolean;
}

export interface Users {
  /** Undefined: this user never set anything. */
  find(userId: string): Promise<UserSettings | undefined>;
  /** Changes what is given and returns all. */
  update(userId: string, change: Partial<UserSettings>, now: Date): Promise<UserSettings>;
}

const SETTINGS = { language: true, format: true, blocked: true } as const;

export function createUsers(prisma: PrismaClient): Users {
  return {
    async find(userId) {
      return (await prisma.user.findUnique({ where: { userId }, select: SETTINGS })) ?? undefined;
    },
    update: (userId, change, now) =>
      prisma.user.upsert({
        where: { userId },
        create: { userId, ...change, updatedAt: now },
        update: { ...change, updatedAt: now },
        select: SETTINGS,
      }),
  };
}
