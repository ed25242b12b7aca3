// Signs requests to AWS (Signature Version 4), and is the only file that knows aws4fetch.
//
// Guarantees: every header it is given is signed, the session token included; nothing is sent and nothing is retried
// here (aws4fetch's own ten retries are off: whoever sends owns the policy). The derived signing key is remembered for
// the day, so a signature costs three HMACs less. SigV4 only: there is no SigV4A, so multi-region endpoints are out.

import { AwsClient } from 'aws4fetch'

export interface AwsCredentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

export interface SignerSettings extends AwsCredentials {
  /** The signing name, e.g. `dynamodb`. */
  service: string
  region: string
  /** Milliseconds since the epoch; a request is dated by it. */
  now: () => number
}

export interface SignableRequest {
  method: string
  url: string
  headers: Record<string, string> | [string, string][]
  /** Text only: its hash is part of the signature, so it must be known whole. */
  body?: string
}

export interface Signer {
  /** The request, ready for fetch; redirects are not followed, since a signature names one host. Rejects on a malformed URL only. */
  sign(request: SignableRequest): Promise<Request>
}

/**
 * How long a signed request may still be accepted, and so may still land. AWS promises five minutes; services have been
 * seen to allow fifteen, and their clock may differ from ours by as much as they tolerate: this is the safe side of both.
 */
export const signatureValidMs = 15 * 60 * 1000

export function createSigner(settings: SignerSettings): Signer {
  const { now, ...identity } = settings
  const client = new AwsClient({ ...identity, retries: 0 })
  return {
    sign({ method, url, headers, body }) {
      const datetime = new Date(now()).toISOString().replace(/[:-]|\.\d{3}/g, '')
      return client.sign(url, { method, headers, body, redirect: 'manual', aws: { datetime, allHeaders: true } })
    },
  }
}
