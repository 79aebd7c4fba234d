import { experimental, status, type ChannelOptions, type Metadata } from "@grpc/grpc-js";
import { toConnectError } from "../grpc-error.js";
import { countsAsFailure, isUnwellCode } from "../../errors/verdict.js";

/** Name of the policy in a service config. */
export const HONEST_VERDICTS = "honest_verdicts";

type Helper = experimental.ChannelControlHelper;
type Config = experimental.TypedLoadBalancingConfig;

class HonestVerdictsConfig implements Config {
  readonly child: Config;

  constructor(child: Config) {
    this.child = child;
  }

  static createFromJson(json: { child_policy: Parameters<typeof experimental.selectLbConfigFromList>[0] }): HonestVerdictsConfig {
    const child = experimental.selectLbConfigFromList(json.child_policy);
    if (!child) throw new Error(`${HONEST_VERDICTS} needs a child_policy`);
    return new HonestVerdictsConfig(child);
  }

  getLoadBalancerName(): string {
    return HONEST_VERDICTS;
  }

  toJsonObject(): object {
    return { [HONEST_VERDICTS]: { child_policy: [this.child.toJsonObject()] } };
  }
}

/**
 * Tells the policy below it only of failures that count against a replica.
 *
 * Outlier ejection takes every status but OK for a failure. A replica that says NOT_FOUND, or whose callers leave their
 * streams early, would be ejected although it is well.
 */
class HonestVerdicts implements experimental.LoadBalancer {
  readonly #child: experimental.ChildLoadBalancerHandler;

  constructor(helper: Helper) {
    const updateState: Helper["updateState"] = (state, picker, message) =>
      helper.updateState(state, { pick: (args) => honest(picker.pick(args)) }, message);
    this.#child = new experimental.ChildLoadBalancerHandler(
      experimental.createChildChannelControlHelper(helper, { updateState }),
    );
  }

  updateAddressList(
    endpoints: Parameters<experimental.LoadBalancer["updateAddressList"]>[0],
    config: Config,
    options: ChannelOptions,
    note: string,
  ): boolean {
    return config instanceof HonestVerdictsConfig && this.#child.updateAddressList(endpoints, config.child, options, note);
  }

  exitIdle(): void {
    this.#child.exitIdle();
  }

  resetBackoff(): void {
    this.#child.resetBackoff();
  }

  destroy(): void {
    this.#child.destroy();
  }

  getTypeName(): string {
    return HONEST_VERDICTS;
  }
}

function honest(pick: experimental.PickResult): experimental.PickResult {
  const { onCallEnded } = pick;
  if (!onCallEnded) return pick;
  const told: experimental.PickResult["onCallEnded"] = (code, details, metadata) =>
    onCallEnded(isFailure(code, details, metadata) ? code : status.OK, details, metadata);
  return { ...pick, onCallEnded: told };
}

function isFailure(code: status, details: string, metadata: Metadata): boolean {
  if (!isUnwellCode(code)) return false;
  return countsAsFailure(toConnectError({ code, details, metadata }));
}

/** Makes the policy known to grpc-js. Doing so again changes nothing. */
export function registerHonestVerdicts(): void {
  experimental.registerLoadBalancerType(HONEST_VERDICTS, HonestVerdicts, HonestVerdictsConfig);
}
