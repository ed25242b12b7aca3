// What it means to declare a resource: routes, validation, OpenAPI, decisions and index rows all follow from one value.
// Nothing here decides by itself; domain/workspace/decide.ts applies `check` inside the Workspace's transaction, so
// that a reference that was checked is still there when the commit is written.

import type { z } from 'zod'
import type { InputError } from '../failures.ts'
import type { ResourceType, StoredResource, Translation } from '../workspace/types.ts'

export interface ResourceDraft {
  id: string
  /** Validated by `create` or `replace`, defaults in; without the id and the translations. */
  body: Record<string, unknown>
  translations: Translation[]
}

export interface References {
  exists(type: ResourceType, id: string): boolean
}

export type ShownBy = 'create' | 'replace' | 'publish'

export interface ResourceDeclaration {
  type: ResourceType
  /** As OpenAPI tags and summaries name it. */
  title: string
  /** The collection's path segment, and the prefix of its operation ids. */
  path: string
  operations: string
  /** The member and path parameter that holds the id. */
  idMember: string
  /** Whether `create` may carry the id; otherwise the platform makes it. */
  clientMayChooseId: boolean
  /** Whole request bodies: `translations` and, where allowed, the id are members of them. */
  create: z.ZodObject
  replace: z.ZodObject
  /** `publish`: drafted, acts once published. `immediate`: acts as soon as it is written, and has no publish route. */
  lifecycle: 'publish' | 'immediate'
  /** Members of the body that are set on creation and kept by every replace; a replace that says otherwise is refused. */
  fixed: string[]
  /** The contract shows `stage` in some answers of a resource only. */
  stageShownBy: ShownBy[]
  originShown: boolean
  /** What `fields` may ask for. */
  fields: { list: string[]; get: string[] }
  /** Where the contract spells a path differently, both are served. */
  translationPaths: string[]
  /** How many members and elements a body may hold, where that is more than bodies do. */
  bodyMembers?: number
  /** What the contract cannot say: references, expressions, members that need or forbid each other. Pure. */
  check(draft: ResourceDraft, existing: StoredResource | null, references: References): InputError[]
}

/** Holds for every resource: one translation per language, and one of them in the default language. */
export function checkTranslations(draft: ResourceDraft): InputError[] {
  const errors: InputError[] = []
  const seen = new Set<string>()
  for (const [index, { lang }] of draft.translations.entries()) {
    if (seen.has(lang)) errors.push({ pointer: `/translations/${index}/lang`, detail: `a second translation into ${lang}` })
    seen.add(lang)
  }
  const defaultLang = String(draft.body.defaultLang)
  if (!seen.has(defaultLang)) errors.push({ pointer: '/defaultLang', detail: `there is no translation into ${defaultLang}` })
  return errors
}

/** Splits a validated request body into what the log keeps. */
export function draftOf(declaration: ResourceDeclaration, id: string, input: Record<string, unknown>): ResourceDraft {
  const { translations, [declaration.idMember]: _id, ...body } = input
  return { id, body, translations: translations as Translation[] }
}
