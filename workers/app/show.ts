// The shapes of the app contract that more than one route answers with. Pure.

import { lookupLang } from '../../domain/resources/lang-lookup.ts'
import type { StoredResource, Translation } from '../../domain/workspace/types.ts'

const iso = (atMs: number): string => new Date(atMs).toISOString()

/** In the caller's language, else in the resource's own. */
export function translationFor(resource: StoredResource, lang: string | undefined): Translation | undefined {
  const into = (wanted: unknown) => resource.translations.find((one) => one.lang === wanted)
  const langs = resource.translations.map((one) => one.lang)
  return into((lang === undefined ? undefined : lookupLang(lang, langs)) ?? bodyOf(resource).defaultLang)
}

/** What acts, or the draft of what never did. */
const bodyOf = (resource: StoredResource): Record<string, unknown> => resource.published ?? resource.body

export function showCurrency(resource: StoredResource): Record<string, unknown> {
  const { name, catalogVirtualCurrencyId, syncWithCatalog, defaultLang, minAllowedBalance, maxAllowedBalance, icon } = bodyOf(resource)
  return {
    virtualCurrencyId: resource.id,
    name,
    catalogVirtualCurrencyId,
    origin: catalogVirtualCurrencyId === undefined ? 'CUSTOM' : 'CATALOG',
    syncWithCatalog,
    defaultLang,
    langs: resource.translations.map(({ lang }) => lang),
    minAllowedBalance,
    maxAllowedBalance,
    icon,
    createdAt: iso(resource.createdAtMs),
    updatedAt: iso(resource.updatedAtMs),
  }
}

/** The configuration's translation as a leaderboard shows it. */
export function showBoardTranslation(configuration: StoredResource, lang: string | undefined): Record<string, unknown> | undefined {
  const translation = translationFor(configuration, lang)
  return (
    translation && {
      runtimeLeaderboardConfigurationId: configuration.id,
      ...translation,
      createdAt: iso(configuration.createdAtMs),
      updatedAt: iso(configuration.updatedAtMs),
    }
  )
}
