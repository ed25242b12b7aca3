// A stand-in for Amazon Verified Permissions: a policy store with the platform's policies behind IsAuthorized. As strict as
// the real one where it matters: signature, target, known members, lengths, sizes, and the schema.
// https://docs.aws.amazon.com/verifiedpermissions/latest/apireference/API_IsAuthorized.html and …/userguide/quotas.html

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { localCredentials } from '../../../scripts/local/credentials.ts'
import { signatureRefusal } from '../../../scripts/local/tap/signature.ts'
import { ownPolicies } from '../../../workers/edge/policy/cedar-engine.ts'
import { textOf } from './policy-texts.ts'
import { cedar } from './world.ts'

export const storeId = 'PSEXAMPLEabcdefg111111'
export const storeRegion = 'eu-west-1'

type Answer = { status: number; body: unknown }
const refusal = (type: string, message = ''): Answer => ({
  status: 400,
  body: { __type: `com.amazonaws.verifiedpermissions#${type}`, message },
})
const invalid = (message: string): Answer => refusal('ValidationException', message)

export interface StandIn {
  endpoint: string
  questions: { principal: { entityType: string; entityId: string }; [member: string]: unknown }[]
  /** Answers the next questions, one each; `hang` never does, `reset` breaks the connection. */
  next: (Answer | 'hang' | 'reset')[]
  /** Added to the store. */
  policies: Record<string, string>
  close(): Promise<void>
}

export async function startStandIn(): Promise<StandIn> {
  const standIn: StandIn = { endpoint: '', questions: [], next: [], policies: {}, close: async () => {} }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const answer = answerTo(request, Buffer.concat(chunks), standIn)
    const instead = standIn.next.shift()
    if (instead === 'reset') return void request.socket.resetAndDestroy()
    if (instead !== 'hang') send(response, instead ?? answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  standIn.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  standIn.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return standIn
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

function answerTo(request: IncomingMessage, body: Buffer, standIn: StandIn): Answer {
  const { method = '', url = '', headers } = request
  const rules = {
    credentials: localCredentials,
    region: storeRegion,
    service: 'verifiedpermissions',
    nowMs: Date.now(),
    validForMs: 300_000,
  }
  const unsigned = signatureRefusal({ method, url, headers, body }, rules)
  if (unsigned) return refusal(unsigned.type, unsigned.message)
  if (method !== 'POST' || url !== '/') return refusal('UnknownOperationException')
  if (headers['content-type'] !== 'application/x-amz-json-1.0') return refusal('SerializationException')
  if (headers['x-amz-target'] !== 'VerifiedPermissions.IsAuthorized') return refusal('UnknownOperationException')
  if (body.length > 1_000_000) return invalid('request size')
  const input = JSON.parse(body.toString()) as Record<string, Record<string, unknown>> & { policyStoreId: unknown }
  const mistake = mistakeIn(input)
  if (mistake) return invalid(mistake)
  if (input.policyStoreId !== storeId) return refusal('ResourceNotFoundException')
  standIn.questions.push(input as never)
  return decided(input, standIn.policies)
}

function mistakeIn({
  policyStoreId,
  principal,
  action,
  resource,
  context,
  entities,
  ...rest
}: Record<string, unknown>): string | undefined {
  if (Object.keys(rest).length > 0) return `unknown members: ${Object.keys(rest)}`
  if (typeof policyStoreId !== 'string' || !/^[a-zA-Z0-9-/_]{1,200}$/.test(policyStoreId)) return 'policyStoreId'
  const isText = (value: unknown, pattern = /^.{1,200}$/) => typeof value === 'string' && pattern.test(value)
  const isExactly = (value: unknown, members: string[]) =>
    typeof value === 'object' && value !== null && Object.keys(value).sort().join() === members.join()
  for (const entity of [principal, resource] as Record<string, unknown>[])
    if (!isExactly(entity, ['entityId', 'entityType']) || !isText(entity.entityType) || !isText(entity.entityId)) return 'entity'
  const { actionId, actionType } = (action ?? {}) as Record<string, unknown>
  if (!isExactly(action, ['actionId', 'actionType']) || !isText(actionId) || !isText(actionType, /Action$|^.+::Action$/)) return 'action'
  for (const union of [context, entities] as Record<string, unknown>[])
    if (!isExactly(union, ['cedarJson']) || typeof union.cedarJson !== 'string') return 'union'
  return undefined
}

function decided(input: Record<string, Record<string, unknown>>, added: Record<string, string>): Answer {
  const entity = (value: Record<string, unknown> | undefined) => ({ type: String(value?.entityType), id: String(value?.entityId) })
  // The store names policies itself; ours are told apart by being the first so many.
  const own = ownPolicies(cedar).map(({ text }, i) => [`SPEXAMPLEpolicy${i}`, text])
  const answer = cedar.isAuthorized({
    principal: entity(input.principal),
    action: { type: String(input.action?.actionType), id: String(input.action?.actionId) },
    resource: entity(input.resource),
    context: JSON.parse(String(input.context?.cedarJson)),
    entities: JSON.parse(String(input.entities?.cedarJson)),
    schema: textOf('laurel.cedarschema'),
    validateRequest: true,
    policies: { staticPolicies: { ...Object.fromEntries(own), ...added } },
  })
  if (answer.type === 'failure') return invalid(answer.errors[0]?.message ?? '')
  const { decision, diagnostics } = answer.response
  const determiningPolicies = diagnostics.reason.map((policyId) => ({ policyId }))
  const errors = diagnostics.errors.map(({ error }) => ({ errorDescription: error.message }))
  return { status: 200, body: { decision: decision.toUpperCase(), determiningPolicies, errors } }
}
