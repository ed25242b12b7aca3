// What a workspace may store as a policy, and how a mistake is told.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bracketDepth, nestingLimits, treeDepth } from '../../../workers/edge/policy/nesting.ts'
import { cedar, newDecider, outcome, request } from './world.ts'

const { decider } = newDecider()
const when = (condition: string) => `forbid (principal, action, resource) when { ${condition} };`

async function told(text: string): Promise<string> {
  const checked = await decider.checkForbid(text)
  if (checked.ok) return 'ok'
  const { code, detail, errors } = checked.error
  expect({ code, errors }).toEqual({ code: 'validation/invalid_input', errors: [{ pointer: '/text', detail }] })
  return detail
}

describe('taken', () => {
  test.each([
    'forbid (principal, action, resource);',
    '// Why\n@id("mine") forbid (principal is Laurel::Machine, action == Laurel::Action::"app/write", resource);',
    when('principal has userId && principal.userId like "test-*"'),
    when('resource in Laurel::Workspace::"abc"'),
    when(`"${'ä'.repeat(1_990)}" == principal.role`),
  ])('%s', async (text) => {
    expect(await told(text)).toBe('ok')
  })
})

describe('refused, with the place', () => {
  test.each([
    ['', 'Send exactly one policy, not 0.'],
    ['forbid (principal, action, resource); forbid (principal, action, resource);', 'Send exactly one policy, not 2.'],
    ['permit (principal, action, resource);', 'A policy of a workspace can only forbid.'],
    ['forbid (principal == ?principal, action, resource);', 'A template is no policy: name what ?principal or ?resource stands for.'],
    ['forbid (principal,\n  action resource);', /^Line 2, column 10: unexpected token `resource` /],
    [`// ä\n${when('principal.rôle')}`, 'Line 2, column 56: invalid token.'],
    [
      when('principal.rol == "x"'),
      /^Line 1, column 45: attribute `rol` on entity type `Laurel::Machine` not found \(did you mean `role`\?\)\.$/,
    ],
    [when('principal.userId == "x"'), /optional attribute `userId`.*\(try testing for the attribute's presence/],
    [when('principal.role == 3'), /^Line 1, column 45: the types (Long and String|String and Long) are not compatible \(both operands/],
    ['forbid (principal == Other::User::"x", action, resource);', /unrecognized entity type `Other::User`/],
    [when('principal in [Other::Group::"x"]'), /unrecognized entity type `Other::Group`/],
    [when('Other::User::"x" == Other::User::"x"'), /unrecognized entity type `Other::User`/],
    ['forbid (principal, action == Action::"app/read", resource);', /unrecognized action `Action::"app\/read"`/],
    ['forbid (principal, action == Laurel::Action::"app/reed", resource);', /did you mean `Laurel::Action::"app\/read"`\?/],
    // Right by the schema, and never true: whoever wrote it believes otherwise.
    ['forbid (principal, action == Laurel::Action::"app/read", resource is Laurel::People);', /^Line 1, column 1: policy is impossible/],
    [when('false'), /policy is impossible/],
    [when('principal.role == "vieweг"'), /mixed scripts/],
    [when(`"${'ä'.repeat(2_100)}" == principal.role`), 'A policy has at most 4096 bytes.'],
  ])('%s', async (text, detail) => {
    const said = await told(text)
    if (typeof detail === 'string') expect(said).toBe(detail)
    else expect(said).toMatch(detail)
  })
})

describe('nested too deeply: refused before Cedar is lost to it', () => {
  const deepest = nestingLimits.levels
  test.each([
    ['brackets', `${'('.repeat(1_900)}true${')'.repeat(1_900)}`],
    ['sets', `${'['.repeat(1_900)}1${']'.repeat(1_900)} == [1]`],
    ['records', `${'{a:'.repeat(700)}1${'}'.repeat(700)} == 1`],
    ['ifs', `${'if '.repeat(200)}true${' then true else true'.repeat(150)}`],
    ['brackets between strings that look like their ends', `${'")" != ('.repeat(400)}true${')'.repeat(400)}`],
    ['additions', `1${'+1'.repeat(1_900)} > 3`],
    ['attributes', `principal${'.a'.repeat(1_900)} == 1`],
    ['indices', `context${'["a"]'.repeat(750)} == 1`],
    ['conditions', `true${'} when {true'.repeat(280)}`],
    ['additions in brackets', `${'('.repeat(30)}1${'+1'.repeat(1_800)}${')'.repeat(30)} == 1`],
  ])('%s', async (_, condition) => {
    expect(await told(when(condition))).toMatch(/^Nested too deeply/)
    expect(await told(when('principal.role == "editor"'))).toBe('ok')
  })

  test.each([
    ['brackets', `${'('.repeat(nestingLimits.brackets - 1)}principal.hasScopes${')'.repeat(nestingLimits.brackets - 1)}`],
    ['additions', `1${'+1'.repeat(deepest - 6)} > 3`],
    ['alternatives', `principal.role == "a"${'||principal.hasScopes'.repeat(deepest - 7)}`],
  ])('as deep as may be is taken, and decided: %s', async (_, condition) => {
    const text = when(condition)
    expect(await told(text)).toBe('ok')
    const fresh = newDecider()
    expect(await outcome(() => fresh.decider.decide(request({ forbids: [text] })))).toMatch(/allowed|forbidden/)
    expect(fresh.events).toEqual([])
  })

  test('depths are counted as Cedar reads the text', () => {
    expect(bracketDepth('([{}])()')).toBe(3)
    expect(bracketDepth('"(((\\"((" // ((((\n(')).toBe(1)
    expect(bracketDepth('if a then b else if c then d else e')).toBe(2)
    expect(bracketDepth('elif ifs')).toBe(0)
    const parsed = cedar.policyToJson(when('1 + 2 + 3 > 4'))
    expect(parsed.type === 'success' && treeDepth(parsed.json)).toBeLessThan(10)
  })
})

describe('docs/policies.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/policies.md'), 'utf8')
  const examples = [...page.matchAll(/```cedar\n(.*?)```/gs)].map(([, text = '']) => text)

  test.each(examples.map((text) => [text.split('\n')[0], text]))('%s: may be stored', async (_, text = '') => {
    expect(await told(text)).toBe('ok')
  })

  const reason = (asked: Parameters<typeof request>[0]) =>
    outcome(() => newDecider().decider.decide(request({ ...asked, forbids: examples })))
  test.each([
    ['an editor publishes', { operation: 'rewardRules/publish', kind: 'reward-rules' }, 'forbidden'],
    ['a manager publishes', { operation: 'rewardRules/publish', kind: 'reward-rules', caller: { role: 'manager' } }, 'allowed'],
    ['the person on leave', { caller: { subject: 'auth0|5f7c8ec7c33c6c004bbafe82' } }, 'forbidden'],
    ['a machine deletes a user', { ...users('delete'), caller: machine('manager') }, 'forbidden'],
    ['a person deletes a user', { ...users('delete'), caller: { role: 'manager' } }, 'allowed'],
    ['the import client creates a user', { ...users('create'), caller: machine('admin', 'client-import') }, 'allowed'],
    ['the import client writes configuration', { caller: machine('admin', 'client-import') }, 'forbidden'],
    ['a blocked user logs an activity', { ...app('write'), caller: { context: 'app', userId: 'user-42' } }, 'forbidden'],
    ['a blocked user reads', { ...app('read'), caller: { context: 'app', userId: 'user-42' } }, 'allowed'],
    ['another user logs an activity', { ...app('write'), caller: { context: 'app', userId: 'user-43' } }, 'allowed'],
  ] as [string, Parameters<typeof request>[0], string][])('%s', async (_, asked, expected) => {
    expect(await reason(asked)).toBe(expected)
  })
})

function machine(role: 'manager' | 'admin', subject = 'client-other') {
  return { platform: 'm2m' as const, role, subject, userId: undefined, scopes: ['dashboard/write' as const] }
}
function users(verb: string) {
  return { kind: 'users', operation: `users/${verb}` }
}
function app(action: 'read' | 'write') {
  return { api: 'app' as const, action, kind: 'activity-logs', operation: 'activityLogs/create' }
}
