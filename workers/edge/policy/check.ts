// Whether a text may become a policy of a workspace: exactly one static forbid, small, shallow, and right by the schema in
// Cedar's strict mode. What can never apply is refused too: whoever wrote it believes that it forbids something.
//
// Failures are `validation/invalid_input` at /text and say the line, the column and Cedar's own words about what was sent.

import { invalidInput } from '../../../domain/failures.ts'
import { fail, ok, type Result } from '../../../domain/result.ts'
import type { Cedar } from './cedar.ts'
import { bracketDepth, nestingLimits, treeDepth } from './nesting.ts'
import { schemaText } from './policy-texts.ts'

export const forbidMostBytes = 4096

export function checkForbid(cedar: Cedar, text: string): Result<void> {
  if (new TextEncoder().encode(text).length > forbidMostBytes) return refused(`A policy has at most ${forbidMostBytes} bytes.`)
  if (bracketDepth(text) > nestingLimits.brackets) return tooDeep()
  const parts = cedar.policySetTextToParts(text)
  if (parts.type === 'failure') return mistake(text, parts.errors)
  if (parts.policy_templates.length > 0) return refused('A template is no policy: name what ?principal or ?resource stands for.')
  if (parts.policies.length !== 1) return refused(`Send exactly one policy, not ${parts.policies.length}.`)
  const parsed = cedar.policyToJson(text)
  if (parsed.type === 'failure') return mistake(text, parsed.errors)
  if (parsed.json.effect !== 'forbid') return refused('A policy of a workspace can only forbid.')
  if (treeDepth(parsed.json) > nestingLimits.levels) return tooDeep()
  return validated(cedar, text)
}

function validated(cedar: Cedar, text: string): Result<void> {
  const policies = { staticPolicies: { policy: text } }
  const answer = cedar.validate({ schema: schemaText, policies, validationSettings: { mode: 'strict' } })
  if (answer.type === 'failure') return mistake(text, answer.errors)
  const found = answer.validationErrors.length > 0 ? answer.validationErrors : answer.validationWarnings
  return found.length > 0 ? mistake(text, found.map(({ error }) => error).sort(byPlace)) : ok(undefined)
}

interface Told {
  message: string
  help: string | null
  sourceLocations?: { label: string | null; start: number }[]
}

/** Cedar finds them in no order that lasts. */
const byPlace = (a: Told, b: Told): number => startOf(a) - startOf(b) || (a.message < b.message ? -1 : 1)
const startOf = ({ sourceLocations }: Told): number => sourceLocations?.[0]?.start ?? 0

/** Only the first: the others often follow from it. */
function mistake(text: string, errors: Told[]): Result<never> {
  const { message = 'Not a policy.', help, sourceLocations } = errors[0] ?? ({} as Partial<Told>)
  const at = sourceLocations?.[0]
  const more = [at?.label, help].filter((one) => one)
  const said = `${message}${more.length > 0 ? ` (${more.join('; ')})` : ''}.`
  // The policy's name in it is ours, and nothing that was sent.
  const plain = said.replace(/for policy `policy`, |^failed to parse policy .*?from string: /g, '')
  return refused(`${at ? `${placeOf(text, at.start)}: ` : ''}${plain}`.slice(0, 500))
}

/** Cedar counts bytes of UTF-8. */
function placeOf(text: string, start: number): string {
  const before = new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, start))
  const lines = before.split('\n')
  return `Line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`
}

const tooDeep = () =>
  refused(`Nested too deeply: at most ${nestingLimits.brackets} brackets and ifs, and ${nestingLimits.levels} operators within each other.`)

const refused = (detail: string): Result<never> => fail(invalidInput('/text', detail))
