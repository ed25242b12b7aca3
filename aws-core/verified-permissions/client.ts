// Amazon Verified Permissions over fetch (JSON 1.0, SigV4): one question, one answer.
//
// Guarantees: a call ends by its deadline, pauses included; every failure is a value, and nothing but an ALLOW without
// errors is ever told as allowed. Asking changes nothing, so what throttling, a 5xx or the network refused is asked again.
// https://docs.aws.amazon.com/verifiedpermissions/latest/apireference/API_IsAuthorized.html

import { fail, ok, type Result } from '../../domain/result.ts'
import { type Fetch, pauseMs } from '../dynamodb/client.ts'
import type { Signer } from '../signer.ts'

export interface EntityIdentifier {
  type: string
  /** 1 to 200 characters, no line breaks: the service takes no others. */
  id: string
}

/** `context` and `entities` in Cedar's JSON format. */
export interface AuthorizationQuestion {
  principal: EntityIdentifier
  action: EntityIdentifier
  resource: EntityIdentifier
  context: object
  entities: object[]
}

export interface AuthorizationAnswer {
  allowed: boolean
  /** The service's ids of the policies that determined it. */
  policies: string[]
}

export type VerifiedPermissionsFailure =
  /** Not answered in time, throttled, or broken on the service's side. */
  | { code: 'verified_permissions/unavailable'; detail: string }
  /** The question itself is not accepted, or we are not; the same question will not be either. */
  | { code: 'verified_permissions/refused'; detail: string }
  /** A policy of the store could not be evaluated, so the decision was made without it. */
  | { code: 'verified_permissions/policy_error'; detail: string }

export interface VerifiedPermissionsSettings {
  region: string
  policyStoreId: string
  /** Only where it is not AWS's own. */
  endpoint?: string
  /** Signing name `verifiedpermissions`. */
  signer: Signer
  fetch: Fetch
  /** For one question, attempts and pauses together. */
  timeoutMs: number
  /** In [0, 1). */
  random: () => number
  sleep: (ms: number) => Promise<void>
  /** The first included. Default 2. */
  maxAttempts?: number
}

export interface VerifiedPermissions {
  isAuthorized(question: AuthorizationQuestion): Promise<Result<AuthorizationAnswer, VerifiedPermissionsFailure>>
}

type Tried = Result<AuthorizationAnswer, VerifiedPermissionsFailure> & { again?: boolean }

export function verifiedPermissions(settings: VerifiedPermissionsSettings): VerifiedPermissions {
  // Taken out of `settings`: workerd's own fetch throws when it is called as a method of something else.
  const { signer, fetch, random, sleep, policyStoreId, maxAttempts = 2 } = settings
  const url = settings.endpoint ?? `https://verifiedpermissions.${settings.region}.amazonaws.com/`

  async function attempt(body: string, signal: AbortSignal): Promise<Tried> {
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'VerifiedPermissions.IsAuthorized' }
    const request = await signer.sign({ method: 'POST', url, headers, body })
    try {
      const response = await fetch(request, { signal })
      return answerOf(response.status, await response.text())
    } catch (error) {
      const detail = error instanceof Error ? `${error.name}: ${error.message}`.slice(0, 300) : 'unnamed error'
      return { ...unavailable(detail), again: true }
    }
  }

  return {
    async isAuthorized(question) {
      const misfit = [question.principal, question.action, question.resource].find(({ id }) => !/^.{1,200}$/.test(id))
      if (misfit) return refused(`an id of ${misfit.type} has no or more than 200 characters, or a line break`)
      const body = JSON.stringify(inputOf(policyStoreId, question))
      const signal = AbortSignal.timeout(settings.timeoutMs)
      for (let made = 1; ; made += 1) {
        const { again, ...tried } = await attempt(body, signal)
        if (!again || made >= maxAttempts) return tried
        await Promise.race([sleep(pauseMs(made, random)), aborted(signal)])
        if (signal.aborted) return tried
      }
    },
  }
}

function inputOf(policyStoreId: string, { principal, action, resource, context, entities }: AuthorizationQuestion) {
  return {
    policyStoreId,
    principal: { entityType: principal.type, entityId: principal.id },
    action: { actionType: action.type, actionId: action.id },
    resource: { entityType: resource.type, entityId: resource.id },
    context: { cedarJson: JSON.stringify(context) },
    entities: { cedarJson: JSON.stringify(entities) },
  }
}

interface Output {
  decision?: unknown
  determiningPolicies?: { policyId?: unknown }[]
  errors?: unknown[]
  __type?: unknown
}

function answerOf(status: number, text: string): Tried {
  const output = parseObject(text)
  if (status !== 200) {
    const type = typeof output.__type === 'string' ? output.__type.slice(output.__type.lastIndexOf('#') + 1) : 'no error type'
    const passing = status === 429 || status >= 500 || /^(Throttling|TooManyRequests|RequestLimitExceeded)/.test(type)
    // Its message may quote what was asked; the type says enough.
    return passing ? { ...unavailable(`${type}, HTTP ${status}`), again: true } : refused(`${type}, HTTP ${status}`)
  }
  const { decision, determiningPolicies = [], errors = [] } = output
  if (decision !== 'ALLOW' && decision !== 'DENY') return unavailable('an answer without a decision')
  if (errors.length > 0)
    return fail({ code: 'verified_permissions/policy_error', detail: `${errors.length} of the store's policies failed` })
  return ok({ allowed: decision === 'ALLOW', policies: determiningPolicies.map(({ policyId }) => String(policyId)) })
}

const unavailable = (detail: string) => fail<VerifiedPermissionsFailure>({ code: 'verified_permissions/unavailable', detail })
const refused = (detail: string) => fail<VerifiedPermissionsFailure>({ code: 'verified_permissions/refused', detail })

function parseObject(text: string): Output {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
