// Every kind of command about media, and what its record says; the part of kinds.test.ts that is about them.

import { expect } from 'vitest'
import type { EntityRef } from '../../../domain/audit/types.ts'
import type { MediaCommand } from '../../../domain/media/types.ts'
import type { WorkspaceCommand } from '../../../domain/workspace/types.ts'
import { newMedia } from '../workspace/media.ts'

export interface Told {
  entity: EntityRef
  before?: unknown
  after?: unknown
}

const theMedia = { mediaId: 'logo', scope: 'workspace' } as const
const ref = (kind: EntityRef['kind'], id: string): EntityRef => ({ kind, id })
const having = (members: object) => expect.objectContaining(members)

/** One that is there, and one that is deleted, for the next command to change. */
export const mediaFurniture: WorkspaceCommand[] = [
  { kind: 'media.create', media: newMedia('logo') },
  { kind: 'media.tags.put', ...theMedia, mode: 'add', assignments: [{ tagId: 'green', priority: 1 }] },
  { kind: 'media.create', media: newMedia('gone', { sha256: 'sha-of-others' }) },
  { kind: 'media.delete', mediaId: 'gone', scope: 'workspace' },
]

export const mediaKinds: { [Kind in MediaCommand['kind']]: Told & { command: Extract<MediaCommand, { kind: Kind }> } } = {
  // Of bytes that are kept already.
  'media.create': {
    command: { kind: 'media.create', media: newMedia('again') },
    entity: ref('media', 'again'),
    before: null,
    after: having({ originalFileName: 'Foto.png', blobId: 'blob-of-logo' }),
  },
  'media.update': {
    command: { kind: 'media.update', ...theMedia, patch: { visibility: 'private' } },
    entity: ref('media', 'logo'),
    before: having({ visibility: 'public' }),
    after: having({ visibility: 'private' }),
  },
  'media.delete': {
    command: { kind: 'media.delete', ...theMedia },
    entity: ref('media', 'logo'),
    before: expect.not.objectContaining({ deletedAtMs: expect.any(Number) }),
    after: having({ deletedAtMs: expect.any(Number) }),
  },
  'media.restore': {
    command: { kind: 'media.restore', mediaId: 'gone', scope: 'workspace' },
    entity: ref('media', 'gone'),
    before: having({ deletedAtMs: expect.any(Number) }),
    after: expect.not.objectContaining({ deletedAtMs: expect.any(Number) }),
  },
  'media.tags.put': {
    command: { kind: 'media.tags.put', ...theMedia, mode: 'addNew', assignments: [{ tagId: 'red', priority: 0 }] },
    entity: ref('media', 'logo'),
    before: having({ tags: [having({ tagId: 'green' })] }),
    after: having({ tags: [having({ tagId: 'green' }), having({ tagId: 'red' })] }),
  },
  'media.tags.remove': {
    command: { kind: 'media.tags.remove', ...theMedia, tagIds: ['green'] },
    entity: ref('media', 'logo'),
    before: having({ tags: [having({ tagId: 'green' })] }),
    after: having({ tags: [] }),
  },
  // Not yet: nothing changes. When it does is told below.
  'media.purge': { command: { kind: 'media.purge', mediaIds: ['gone'] }, entity: ref('media', 'gone') },
  'blob.release': {
    command: { kind: 'blob.release', blobIds: ['stray'] },
    entity: ref('blob', 'stray'),
    before: null,
    after: null,
  },
}
