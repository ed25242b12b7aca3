// What was due for an event and was not given, as its commit keeps it: in the order of the rules, and not more than the
// commit has room for. Of what is left out the number is kept.

import type { PlayerEffects, RewardRefusal } from '../player/types.ts'

/** Some 90 bytes each, in a commit of at most 300 KB. */
export const refusalsKept = 500

export class Refusals {
  readonly #kept: RewardRefusal[] = []
  #leftOut = 0

  add(refusal: RewardRefusal): void {
    if (this.#kept.length < refusalsKept) this.#kept.push(refusal)
    else this.#leftOut += 1
  }

  effects(): Pick<PlayerEffects, 'refusals' | 'refusalsLeftOut'> {
    return {
      ...(this.#kept.length > 0 && { refusals: this.#kept }),
      ...(this.#leftOut > 0 && { refusalsLeftOut: this.#leftOut }),
    }
  }
}
