// What `npm run token` calls a workspace: any name must come out as one that the server takes.

import { expect, test } from 'vitest'
import { workspaceIdOf, workspaceNaming } from '../../../scripts/local/tokens.ts'

test.each(['acme', 'ws_acme_01', '-_Ab12cd_-', '__________', 'a', 'My Team (EU)', 'x'.repeat(80), '株式会社'])('%s', (nameOrId) => {
  const { name, slug } = workspaceNaming(nameOrId)
  expect(slug).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)
  expect([...name].length).toBeGreaterThanOrEqual(3)
  expect([...name].length).toBeLessThanOrEqual(30)
  expect(workspaceIdOf(nameOrId)).toMatch(/^[A-Za-z0-9_-]{10}$/)
})

test('a plain name is its own slug, and an id is used as it is', () => {
  expect(workspaceNaming('acme')).toEqual({ name: 'acme', slug: 'acme' })
  expect(workspaceIdOf('ws_acme_01')).toBe('ws_acme_01')
})
