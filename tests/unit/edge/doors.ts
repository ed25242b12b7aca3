// The doors of the edge for tests that are about something else: policies decide as they do, nobody is counted, and no
// token of our own is signed.

import { ok } from '../../../domain/result.ts'
import { randomHex } from '../../../durable-objects/log/span-export.ts'
import type { EdgeParts } from '../../../workers/edge/parts.ts'
import { edgeTelemetry } from '../../../workers/edge/telemetry/trace.ts'
import { mediaLinks } from '../../../workers/media/links.ts'
import { deviceProofs } from '../../../workers/sign-in/device-proof.ts'
import { refreshTokens } from '../../../workers/sign-in/refresh-token.ts'
import { uploadGrants } from '../../../workers/uploads/grants.ts'
import { newDecider } from '../policy/world.ts'

type Doors = Pick<
  EdgeParts,
  | 'ownOrigin'
  | 'standings'
  | 'makers'
  | 'policies'
  | 'limits'
  | 'addressLimits'
  | 'identities'
  | 'refreshTokens'
  | 'deviceProofs'
  | 'randomBytes'
  | 'telemetry'
  | 'uploadGrants'
  | 'mediaLinks'
>

const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count))

export const doors: Doors = {
  ownOrigin: 'https://laurel.test',
  standings: { now: (caller) => ok(caller) },
  makers: { mayStill: async () => ok(undefined) },
  policies: newDecider().decider,
  limits: { take: () => ({ allowed: true, standings: [] }) },
  addressLimits: { 'sign-in': async () => true, token: async () => true, transform: async () => true },
  identities: { signer: null, keyring: null, passThrough: null, newClientSecret: () => 'ls_secret' },
  refreshTokens: refreshTokens({ key: 'a key that is long enough', randomBytes }),
  deviceProofs: deviceProofs('a key that is long enough'),
  randomBytes,
  uploadGrants: uploadGrants('a key that is long enough'),
  mediaLinks: mediaLinks('a key that is long enough'),
  telemetry: edgeTelemetry({ target: null, now: () => 0, randomHex }),
}
