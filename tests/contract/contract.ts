// The contract that existing clients speak, read where it lies, and real answers held against it.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020, type AnySchemaObject, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'

export type ContractApi = 'app' | 'dashboard'
export type Json = Record<string, unknown>

export interface Operation {
  operationId: string
  parameters?: { name: string; in: string; required?: boolean; schema: Json }[]
  requestBody?: { content: Record<string, { schema: Json }> }
  responses: Record<string, { content?: Record<string, { schema: Json }> }>
}

export interface Contract {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Json> }
}

const folder = join(import.meta.dirname, '../../../shared/contract')
/** The contract stands beside the project, in a full checkout. Away from one, what needs it is skipped; where it counts (CI is set), reading it fails. */
export const isContractHere = existsSync(folder) || Boolean(process.env.CI)
const nothing: Contract = { paths: {}, components: { schemas: {} } }
const readContract = (api: ContractApi): Contract =>
  isContractHere ? JSON.parse(readFileSync(join(folder, `${api}.openapi.json`), 'utf8')) : nothing
const contracts: Record<ContractApi, Contract> = { app: readContract('app'), dashboard: readContract('dashboard') }

export const contractOf = (api: ContractApi): Contract => contracts[api]

export function operationOf(api: ContractApi, operationId: string): { path: string; method: string; operation: Operation } | null {
  for (const [path, methods] of Object.entries(contracts[api].paths))
    for (const [method, operation] of Object.entries(methods)) if (operation.operationId === operationId) return { path, method, operation }
  return null
}

/** The contract writes a pattern's flag behind it: `…/u` (which is how JSON Schema reads any) and `…/i`. */
export function plainPattern(pattern: string): string {
  if (pattern.endsWith('/u')) return pattern.slice(0, -2)
  return pattern.endsWith('/i') ? pattern.slice(0, -2).replaceAll('a-z', 'A-Za-z') : pattern
}

/** Where the contract's shape cannot hold what it must (docs/contract-notes.md), the data wins. */
function relaxed(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((member) => relaxed(member))
  if (typeof value !== 'object' || value === null) return value
  const schema = value as Json
  // A nickname may be a bot's name.
  if (name === 'nickname' && schema.type === 'string') return { type: 'string' }
  // Static values are expressions too.
  if (isExpression(schema)) return {}
  return Object.fromEntries(
    Object.entries(schema).map(([key, member]) => [
      key,
      key === 'pattern' && typeof member === 'string' ? plainPattern(member) : relaxed(member, key),
    ]),
  )
}

export const isExpression = (schema: Json): boolean =>
  schema.$ref === '#/components/schemas/JsonLogicExpression' ||
  (Array.isArray(schema.allOf) && isExpression((schema.allOf[0] ?? {}) as Json))

const validators = new Map<string, ValidateFunction>()
const ajvs = new Map<ContractApi, Ajv2020>()

function ajvOf(api: ContractApi): Ajv2020 {
  const known = ajvs.get(api)
  if (known) return known
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  // ajv-formats is CommonJS; its default export arrives wrapped under some loaders.
  const add = (typeof addFormats === 'function' ? addFormats : (addFormats as { default: unknown }).default) as (ajv: Ajv2020) => void
  add(ajv)
  ajv.addSchema({ $id: `contract:${api}`, components: relaxed(contracts[api].components) } as AnySchemaObject)
  ajvs.set(api, ajv)
  return ajv
}

/** Throws, with every mistake, where a real answer is not what the contract promises for the operation and status. */
export function assertContract(api: ContractApi, operationId: string, status: number, body: unknown): void {
  if (!isContractHere) return
  const found = operationOf(api, operationId)
  if (!found) throw new Error(`the ${api} contract has no operation ${operationId}`)
  const response = found.operation.responses[String(status)]
  if (!response) throw new Error(`${operationId} has no answer ${status} in the contract`)
  const schema = response.content?.['application/json']?.schema
  if (!schema) return
  const key = `${api} ${operationId} ${status}`
  const pointed = JSON.parse(JSON.stringify(relaxed(schema)).replaceAll('"#/components', `"contract:${api}#/components`))
  const validate = validators.get(key) ?? ajvOf(api).compile(pointed)
  validators.set(key, validate)
  if (validate(body)) return
  const mistakes = (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  )
  throw new Error(`${key}:\n${mistakes.join('\n')}\n${JSON.stringify(body, null, 1)}`)
}
