// What a leaderboard ranks and how it is shown. It has no publish route: it acts as soon as it is written, and boards
// that exist keep the query they were made with.

import { z } from 'zod'
import { parseBoardQuery } from '../boards/board-query.ts'
import type { InputError } from '../failures.ts'
import type { References, ResourceDeclaration, ResourceDraft } from './declaration.ts'
import { lang } from './lang.ts'
import { queryShape } from './query-shape.ts'
import { clientId, descriptionText, labelText, nameText, textOrEmpty } from './text.ts'

const members = {
  name: nameText,
  description: textOrEmpty(2000).optional(),
  query: queryShape,
  displayTopN: z.number().int().positive().max(100).default(10),
  showRank: z.boolean().default(true),
  showScore: z.boolean().default(true),
  defaultLang: lang,
  translations: z
    .array(z.object({ lang, label: labelText, description: descriptionText.optional(), scoreLabel: labelText.optional() }))
    .min(1)
    .max(10),
}

export const runtimeLeaderboardConfiguration: ResourceDeclaration = {
  type: 'runtime-leaderboard-configuration',
  title: 'RuntimeLeaderboardConfiguration',
  path: 'runtime-leaderboard-configurations',
  operations: 'runtimeLeaderboardConfigurations',
  idMember: 'runtimeLeaderboardConfigurationId',
  clientMayChooseId: true,
  create: z.object({ ...members, runtimeLeaderboardConfigurationId: clientId.optional() }),
  replace: z.object(members),
  lifecycle: 'immediate',
  fixed: [],
  stageShownBy: ['replace'],
  originShown: false,
  fields: { list: [], get: [] },
  translationPaths: ['runtime-leaderboard-configurations'],
  check: checkQuery,
}

function checkQuery({ body }: ResourceDraft, _existing: unknown, references: References): InputError[] {
  const query = parseBoardQuery(body.query)
  if (!query.ok) return query.error.errors ?? [{ pointer: '/query', detail: query.error.detail }]
  if (references.exists('virtual-currency', query.value.virtualCurrencyId)) return []
  return [{ pointer: '/query/from/where', detail: 'There is no such virtual currency.' }]
}
