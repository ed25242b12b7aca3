// An activity is something users do and clients report: the parent of activity logs.

import { z } from 'zod'
import type { ResourceDeclaration } from './declaration.ts'
import { lang } from './lang.ts'
import { catalogWorkspaceId, clientId, descriptionText, labelText, nameText, text } from './text.ts'

const translations = z
  .array(z.object({ lang, label: labelText, description: descriptionText.optional() }))
  .min(1)
  .max(10)

export const activity: ResourceDeclaration = {
  type: 'activity',
  title: 'Activity',
  path: 'activities',
  operations: 'activities',
  idMember: 'activityId',
  clientMayChooseId: true,
  create: z.object({
    name: nameText,
    catalogWorkspaceId: catalogWorkspaceId.optional(),
    catalogActivityId: text(128).optional(),
    defaultLang: lang,
    activityId: clientId.optional(),
    translations,
  }),
  replace: z.object({ activityId: text(128), name: nameText, defaultLang: lang, translations }),
  lifecycle: 'publish',
  fixed: ['catalogWorkspaceId', 'catalogActivityId'],
  stageShownBy: ['replace', 'publish'],
  originShown: true,
  fields: { list: ['tags', 'translations'], get: [] },
  translationPaths: ['activities'],
  check: () => [],
}
