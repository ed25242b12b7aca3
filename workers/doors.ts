// From Env to what every request passes before a handler: who is believed, what policies allow, how much is too much. Part
// of the composition root; built once per isolate.

import { randomBytes } from 'node:crypto'
import { nanoid } from 'nanoid'
import { credentialsOf } from '../aws-core/credentials.ts'
import { createSigner } from '../aws-core/signer.ts'
import { verifiedPermissions } from '../aws-core/verified-permissions/client.ts'
import { parseVerifiedPermissions } from '../aws-core/verified-permissions/from-config.ts'
import { describeError, eventLogLine, type LogLine } from '../domain/telemetry/request-log.ts'
import { cognitoLocalThumbprint } from './edge/auth/cognito.ts'
import { parseIssuers } from './edge/auth/issuers.ts'
import { fetchJwksOverHttp } from './edge/auth/keys.ts'
import { tokenVerifier } from './edge/auth/verify.ts'
import { addressLimit, type LimitBinding } from './edge/limits/address-limit.ts'
import { rateLimiter } from './edge/limits/limiter.ts'
import type { EdgeParts } from './edge/parts.ts'
import { cedarDecider } from './edge/policy/cedar-decider.ts'
import { cedarModule } from './edge/policy/cedar-module.ts'
import type { PolicyEvent } from './edge/policy/decider.ts'
import { verifiedPermissionsDecider } from './edge/policy/verified-permissions-decider.ts'
import { identitiesFrom, ownIssuer } from './oauth/identities.ts'
import type { Services } from './services.ts'
import { deviceProofs } from './sign-in/device-proof.ts'
import { refreshTokens } from './sign-in/refresh-token.ts'

type Doors = Pick<
  EdgeParts,
  'ownOrigin' | 'verifier' | 'policies' | 'limits' | 'addressLimits' | 'identities' | 'refreshTokens' | 'deviceProofs' | 'randomBytes'
>

const now = (): number => Date.now()
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
const random = { randomBytes: (count: number): Uint8Array => randomBytes(count) }

/** Secrets that only some deployments have: `wrangler types` does not know them. */
type OptionalSecrets = { UPSTASH_REDIS_REST_TOKEN?: string }

/** Throws on a configuration that cannot be right. */
export function doorsOf(env: Env, { rateLimiter: bucket }: Pick<Services, 'rateLimiter'>, log: LogLine): Doors {
  const identities = identitiesFrom(
    {
      stage: env.STAGE,
      issuer: env.ISSUER,
      signingKeys: env.SIGNING_KEYS,
      tokenKey: env.TOKEN_KEY,
      passThroughUrl: env.TOKEN_PASS_THROUGH,
      redisUrl: env.UPSTASH_REDIS_REST_URL,
      redisToken: (env as Env & OptionalSecrets).UPSTASH_REDIS_REST_TOKEN,
    },
    { now, newId: nanoid, ...random, fetch: (input, init) => fetch(input, init), log },
  )
  return {
    ownOrigin: ownOriginOf(env),
    identities,
    verifier: tokenVerifier({
      issuers: parseIssuers(env.ISSUERS, env.STAGE),
      own: ownIssuer(identities),
      now,
      fetchJwks: fetchJwksOverHttp,
      // Its private key is public.
      refusedThumbprints: env.STAGE === 'local' ? [] : [cognitoLocalThumbprint],
    }),
    policies: policiesOf(env, log),
    limits: rateLimiter({
      now,
      newId: nanoid,
      object: bucket,
      report: ({ event, name, calls }) => log(eventLogLine({ atMs: now(), event, workspaceId: name.slice(0, 10), count: calls })),
    }),
    addressLimits: {
      'sign-in': addressLimitOf(env.SIGN_IN_LIMIT, 20, log),
      token: addressLimitOf(env.TOKEN_LIMIT, 100, log),
      transform: addressLimitOf(env.TRANSFORM_LIMIT, 120, log),
    },
    refreshTokens: refreshTokens({ key: env.TOKEN_KEY, ...random }),
    deviceProofs: deviceProofs(env.TOKEN_KEY),
    ...random,
  }
}

/** Held to what it must be where it is an issuer (identitiesFrom). On one machine a test may do without; a deployment has a name. */
function ownOriginOf({ ISSUER, STAGE }: Env): string {
  if (ISSUER === '' && STAGE !== 'local')
    throw new Error("ISSUER is needed: this deployment's own origin, which URLs in answers begin with")
  return ISSUER
}

/** `quota` in 60 s is what wrangler.toml configures the binding to. */
const addressLimitOf = (binding: LimitBinding, quota: number, log: LogLine) =>
  addressLimit(
    binding,
    { quota, windowSeconds: 60 },
    { now, report: ({ event, message }) => log(eventLogLine({ atMs: now(), event, error: describeError(new Error(message)) })) },
  )

function policiesOf(env: Env, log: LogLine): EdgeParts['policies'] {
  const report = ({ type, ...rest }: PolicyEvent) => log(eventLogLine({ atMs: now(), event: type, error: JSON.stringify(rest) }))
  const cedar = cedarDecider({ loadCedar: cedarModule, report })
  const config = parseVerifiedPermissions(env.VERIFIED_PERMISSIONS)
  if (!config.ok) throw new Error(config.error.join('; '))
  if (config.value === null) return cedar
  const { region, policyStoreId, endpoint } = config.value
  const client = () =>
    verifiedPermissions({
      region,
      policyStoreId,
      endpoint,
      signer: createSigner({ ...credentialsOf(env), region, service: 'verifiedpermissions', now }),
      fetch: (input, init) => fetch(input, init),
      timeoutMs: 1500,
      random: Math.random,
      sleep,
    })
  const stores = verifiedPermissionsDecider({ client, local: cedar, now, report })
  return { decide: (request) => stores.decide(request), checkForbid: (text) => cedar.checkForbid(text) }
}
