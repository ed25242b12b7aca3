// The one-time codes of one mailbox. Thin: code-state.ts decides; this keeps the state and forgets it.

import { DurableObject } from 'cloudflare:workers'
import { createHmac } from 'node:crypto'
import { type CodeState, issueCode, newCode, noCodes, redeemCode, rememberedMs } from './code-state.ts'
import type { CodeAsker, SignInPurpose, SignInRpc } from './rpc.ts'

const stateKey = 'mailbox'

/** Nothing is awaited between reading and writing, so each call is one step, however many come at once. */
export class SignIn extends DurableObject<Env> implements SignInRpc {
  async issue(by: CodeAsker, purpose: SignInPurpose): Promise<string | null> {
    const nowMs = Date.now()
    const code = newCode(() => crypto.getRandomValues(new Uint32Array(1))[0] as number)
    const after = issueCode(this.#state(), by, this.#macOf(by, code), purpose, nowMs)
    if (after === null) return null
    this.ctx.storage.kv.put(stateKey, after)
    // Not awaited on purpose: without an await in between it is part of the same write.
    void this.ctx.storage.setAlarm(nowMs + rememberedMs)
    return code
  }

  async redeem(by: CodeAsker, code: string, attemptId: string): Promise<SignInPurpose | null> {
    const before = this.#state()
    const { state, purpose } = redeemCode(before, by, this.#macOf(by, code), attemptId, Date.now())
    // An address that nobody asked a code for leaves nothing behind.
    if (state !== before) this.ctx.storage.kv.put(stateKey, state)
    return purpose
  }

  /** The last code was made a day ago: there is nothing to remember. */
  override async alarm(): Promise<void> {
    await this.ctx.storage.deleteAll()
  }

  #state(): CodeState {
    return this.ctx.storage.kv.get<CodeState>(stateKey) ?? noCodes
  }

  /** Keyed, since a million codes are hashed in a second; and bound to this object and the address, so that it is worth nothing elsewhere. */
  #macOf({ emailHash }: CodeAsker, code: string): string {
    return createHmac('sha256', this.env.TOKEN_KEY)
      .update(JSON.stringify(['sign-in-code/2', this.ctx.id.toString(), emailHash, code]))
      .digest('hex')
  }
}
