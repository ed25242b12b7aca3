// Proof that somebody has signed in from a device before, with this address and in this workspace: a "device cookie" (OWASP,
// Slow Down Online Guessing Attacks with Device Cookies). It lets nobody in. Whoever shows it has codes and guesses of their
// own, so that others, who know the address alone, cannot keep its owner out.
//
// Guarantees: made only for who has just shown a right code or a live refresh token; worth nothing for another address or
// workspace, nor after 180 days, which each sign-in and refresh begins anew; what is shown and is none is as if nothing was
// shown. It names no address: the address is in the MAC. Nothing is stored, so one proof cannot be called back: whoever steals
// it has the owner's limits on that device to use up, and as many guesses as anybody else.

import { createHmac, timingSafeEqual } from 'node:crypto'

export const deviceProofSeconds = 180 * 24 * 3600

export interface Proven {
  workspaceId: string
  emailHash: string
}

export interface DeviceProofs {
  /** `device` is the id that it is told from others by. */
  give(of: Proven, device: string, nowMs: number): string
  /** The device's id; undefined for what is no proof of this, or no more. */
  open(text: string | undefined, of: Proven, nowMs: number): string | undefined
}

const shape = /^([\w-]{1,64})\.(\d{1,12})\.([\w-]{43})$/

/** `key` is TOKEN_KEY. */
export function deviceProofs(key: string): DeviceProofs {
  const macOf = ({ workspaceId, emailHash }: Proven, device: string, expires: string) =>
    createHmac('sha256', key)
      .update(JSON.stringify(['sign-in-device/1', workspaceId, emailHash, device, expires]))
      .digest()

  return {
    give(of, device, nowMs) {
      const expires = String(Math.floor(nowMs / 1000) + deviceProofSeconds)
      return `${device}.${expires}.${macOf(of, device, expires).toString('base64url')}`
    },
    open(text, of, nowMs) {
      const [, device = '', expires = '', mac = ''] = shape.exec(text ?? '') ?? []
      const given = Buffer.from(mac, 'base64url')
      const wanted = macOf(of, device, expires)
      const isOurs = given.length === wanted.length && timingSafeEqual(given, wanted)
      return isOurs && Number(expires) * 1000 > nowMs ? device : undefined
    },
  }
}
