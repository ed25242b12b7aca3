// What differs between a request schema of ours and the contract's, told as one line a difference. Only what the
// contract says is compared: a bound of ours on what it leaves open is no difference.

import { isExpression, type Json, plainPattern } from './contract.ts'

interface Side {
  schema: Json
  components: Record<string, Json>
}

const resolve = ({ schema, components }: Side): Json => {
  const name = typeof schema.$ref === 'string' ? schema.$ref.replace('#/components/schemas/', '') : undefined
  return name === undefined ? schema : (components[name] ?? { missing: name })
}

const compared = ['type', 'minLength', 'maxLength', 'minItems', 'maxItems', 'maximum', 'exclusiveMinimum', 'default', 'format'] as const

export function differences(ours: Side, theirs: Side, at: string): string[] {
  if (isExpression(theirs.schema)) return []
  const our = resolve(ours)
  const their = resolve(theirs)
  const variants = (their.anyOf ?? their.oneOf) as Json[] | undefined
  if (variants) {
    const own = ((our.anyOf ?? our.oneOf) as Json[] | undefined) ?? []
    if (own.length !== variants.length) return [`${at}: ${own.length} variants, not ${variants.length}`]
    return variants.flatMap((variant, i) => differences({ ...ours, schema: own[i] as Json }, { ...theirs, schema: variant }, `${at}<${i}>`))
  }
  const found: string[] = []
  for (const key of compared) {
    // An object's type is plain from its members; the contract leaves it out at times.
    if (their[key] !== undefined && !same(our[key] ?? constantType(our, key), their[key]))
      found.push(`${at}: ${key} ${JSON.stringify(our[key])}, not ${JSON.stringify(their[key])}`)
  }
  if (typeof their.pattern === 'string' && our.pattern !== plainPattern(their.pattern)) found.push(`${at}: pattern ${our.pattern}`)
  const values = (our.enum ?? openValues(our) ?? (our.const === undefined ? undefined : [our.const])) as string[] | undefined
  if (their.enum && !same([...(values ?? [])].sort(), [...(their.enum as string[])].sort())) found.push(`${at}: other values`)
  return [...found, ...members(ours, our, theirs, their, at), ...items(ours, our, theirs, their, at)]
}

/** An open enumeration names the contract's values first, and then lets any other text be (docs/contract-notes.md). */
const openValues = (our: Json): unknown => ((our.anyOf as Json[] | undefined)?.length === 2 ? (our.anyOf as Json[])[0]?.enum : undefined)

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
const constantType = (schema: Json, key: string): unknown =>
  key === 'type' && schema.const !== undefined ? typeof schema.const : undefined

function members(ours: Side, our: Json, theirs: Side, their: Json, at: string): string[] {
  if (!their.properties) return []
  const own = (our.properties ?? {}) as Record<string, Json>
  const wanted = their.properties as Record<string, Json>
  const ownRequired = new Set((our.required ?? []) as string[])
  const required = new Set((their.required ?? []) as string[])
  const found: string[] = []
  for (const name of Object.keys(own)) if (!wanted[name]) found.push(`${at}.${name}: ours alone`)
  for (const [name, schema] of Object.entries(wanted)) {
    const member = own[name]
    if (!member) found.push(`${at}.${name}: missing`)
    else {
      if (ownRequired.has(name) !== required.has(name))
        found.push(`${at}.${name}: required ${ownRequired.has(name)}, not ${required.has(name)}`)
      found.push(...differences({ ...ours, schema: member }, { ...theirs, schema }, `${at}.${name}`))
    }
  }
  return found
}

const items = (ours: Side, our: Json, theirs: Side, their: Json, at: string): string[] =>
  their.items ? differences({ ...ours, schema: (our.items ?? {}) as Json }, { ...theirs, schema: their.items as Json }, `${at}[]`) : []
