// A stored resource as the contract shows it.

import type { ResourceDeclaration, ShownBy } from '../../domain/resources/declaration.ts'
import type { StoredResource } from '../../domain/workspace/types.ts'
import { type Home, timesOf } from './shown.ts'

export interface Shown {
  by: ShownBy | 'get' | 'list'
  /** What `fields` asked for. */
  fields?: string[]
}

export function resourceView(declaration: ResourceDeclaration, resource: StoredResource, home: Home, { by, fields = [] }: Shown) {
  const { idMember, originShown, stageShownBy } = declaration
  return {
    ...resource.body,
    [idMember]: resource.id,
    ...(originShown && { origin: 'CUSTOM' }),
    langs: resource.translations.map(({ lang }) => lang),
    ...home,
    ...timesOf(resource),
    ...((stageShownBy as string[]).includes(by) && { stage: resource.stage }),
    ...(fields.includes('translations') && { translations: translationViews(declaration, resource, home) }),
    // Nothing carries tags yet, so this is the whole truth.
    ...(fields.includes('tags') && { tags: [] }),
  }
}

export const translationViews = ({ idMember }: ResourceDeclaration, resource: StoredResource, home: Home) =>
  resource.translations.map((translation) => ({ ...translation, [idMember]: resource.id, ...home, ...timesOf(resource) }))
