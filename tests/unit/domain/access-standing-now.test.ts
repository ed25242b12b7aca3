// Who somebody is now, against what a token says: the lower of the two, and nobody where they are gone.

import { describe, expect, test } from 'vitest'
import { clientNow, roleNow } from '../../../domain/access/standing-now.ts'
import type { WorkspaceAccess } from '../../../domain/access/types.ts'
import type { Role } from '../../../domain/identity.ts'
import type { DirectoryEntry } from '../../../domain/workspace/types.ts'

const entry = (more: Partial<DirectoryEntry> = {}): DirectoryEntry => ({ userId: 'ada', ...more })

describe('a person', () => {
  test.each<[string, DirectoryEntry | null, Role, string | undefined, Role | null]>([
    ['who signed in and is what they were', entry({ role: 'admin' }), 'admin', 's', 'admin'],
    ['who signed in and was demoted', entry({ role: 'viewer' }), 'admin', 's', 'viewer'],
    ['who signed in and was demoted to the lowest, which is not written down', entry(), 'admin', 's', 'member'],
    ['who signed in and rose since', entry({ role: 'owner' }), 'editor', 's', 'editor'],
    ['who signed in and was deleted', entry({ role: 'admin', deleted: true }), 'admin', 's', null],
    ['who signed in and is not there', null, 'admin', 's', null],
    ['of another issuer, unknown here', null, 'admin', undefined, 'admin'],
    ['of another issuer, with no role here', entry(), 'admin', undefined, 'admin'],
    ['of another issuer, with a lower role here', entry({ role: 'member' }), 'admin', undefined, 'member'],
    ['of another issuer, with a higher role here', entry({ role: 'owner' }), 'editor', undefined, 'editor'],
    ['of another issuer, deleted here', entry({ deleted: true }), 'admin', undefined, null],
  ])('%s', (_, known, role, sessionId, expected) => expect(roleNow(known, { role, ...(sessionId && { sessionId }) })).toBe(expected))
})

describe('a machine', () => {
  const access = { clients: [{ clientId: 'c', role: 'editor', scopes: ['app/read', 'dashboard/read'] }] } as unknown as WorkspaceAccess
  const scopes = ['app/read', 'app/write'] as const

  test('is what its client is now, and no more than its token says', () => {
    expect(clientNow({ clientId: 'c', role: 'admin', scopes: [...scopes] }, access)).toMatchObject({ role: 'editor', scopes: ['app/read'] })
    expect(clientNow({ clientId: 'c', role: 'viewer', scopes: ['app/read'] }, access)).toMatchObject({
      role: 'viewer',
      scopes: ['app/read'],
    })
  })

  test('is nobody without its client; of another issuer, it is the issuer’s', () => {
    expect(clientNow({ clientId: 'gone', role: 'viewer', scopes: [] }, access)).toBeNull()
    const foreign = { role: 'admin' as Role, scopes: [...scopes] }
    expect(clientNow(foreign, access)).toBe(foreign)
  })
})
