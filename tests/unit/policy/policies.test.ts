// The policy files themselves: right by the schema in strict mode, well named, and naming nobody.

import { expect, test } from 'vitest'
import { ownPolicies } from '../../../workers/edge/policy/cedar-engine.ts'
import { policyFiles, textOf } from './policy-texts.ts'
import { cedar } from './world.ts'

const schema = textOf('laurel.cedarschema')

test.each(policyFiles())('%s is right by the schema, in strict mode and without a warning', (file) => {
  const answer = cedar.validate({ schema, policies: { staticPolicies: textOf(file) }, validationSettings: { mode: 'strict' } })
  expect(answer).toMatchObject({ type: 'success', validationErrors: [], validationWarnings: [], otherWarnings: [] })
})

test('strict validation is real: a misspelt attribute is found', () => {
  const wrong = textOf('people.cedar').replaceAll('principal.role', 'principal.rolle')
  const answer = cedar.validate({ schema, policies: { staticPolicies: wrong }, validationSettings: { mode: 'strict' } })
  expect(answer.type === 'success' && answer.validationErrors.length).toBeGreaterThan(0)
})

test('ids are there, in kebab-case, and each once; a forbid says what the caller is told', () => {
  const own = ownPolicies(cedar)
  const ids = own.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { id, refusal, text } of own) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)+$/)
    expect(['scope', 'machines_only']).toEqual(
      text.includes('forbid') ? expect.arrayContaining([refusal]) : expect.not.arrayContaining([refusal]),
    )
  }
})

test('every permit asks for the same workspace, and nobody is named: they see placeholders', () => {
  for (const { text } of ownPolicies(cedar)) {
    if (text.includes('permit')) expect(text).toContain('principal.workspaceId == resource.workspaceId')
    expect(text).not.toMatch(/Laurel::(Person|Machine|Workspace)::"|userId/)
    expect(text.match(/workspaceId/g)?.length ?? 0).toBeLessThanOrEqual(2)
  }
})
