// A virtual currency: what reward rules pay in, and what boards rank by. `scale` is ours: how many decimal places its
// amounts have, fixed for life, because ledger lines that exist were rounded to it.

import { z } from 'zod'
import type { InputError } from '../failures.ts'
import { amountScale, toAmount } from '../ledger/amount.ts'
import type { ResourceDeclaration, ResourceDraft } from './declaration.ts'
import { lang } from './lang.ts'
import { clientId, descriptionText, labelText, nameText, text, webAddress } from './text.ts'

const translations = z
  .array(z.object({ lang, label: labelText, description: descriptionText.optional() }))
  .min(1)
  .max(10)

const scale = z.number().int().min(0).max(amountScale)

const members = {
  name: nameText,
  defaultLang: lang,
  minAllowedBalance: z.number().optional(),
  maxAllowedBalance: z.number().optional(),
  icon: webAddress.optional(),
  translations,
}

/** A bound that the ledger could not hold exactly would be enforced as another one. */
function checkBounds({ body }: ResourceDraft): InputError[] {
  const errors: InputError[] = []
  const places = body.scale as number
  for (const member of ['minAllowedBalance', 'maxAllowedBalance'] as const) {
    const bound = body[member] as number | undefined
    if (bound === undefined) continue
    const exact = toAmount(bound, places)
    if (exact === null) errors.push({ pointer: `/${member}`, detail: 'must be below 1000000000 in magnitude' })
    else if (exact !== toAmount(bound)) errors.push({ pointer: `/${member}`, detail: `has more than ${places} decimal places` })
  }
  const { minAllowedBalance: min, maxAllowedBalance: max } = body as { minAllowedBalance?: number; maxAllowedBalance?: number }
  if (min !== undefined && max !== undefined && min > max)
    errors.push({ pointer: '/maxAllowedBalance', detail: 'must not be below minAllowedBalance' })
  return errors
}

export const virtualCurrency: ResourceDeclaration = {
  type: 'virtual-currency',
  title: 'VirtualCurrency',
  path: 'virtual-currencies',
  operations: 'virtualCurrencies',
  idMember: 'virtualCurrencyId',
  clientMayChooseId: true,
  create: z.object({
    ...members,
    catalogVirtualCurrencyId: text(30).min(2).optional(),
    virtualCurrencyId: clientId.optional(),
    scale: scale.default(amountScale),
  }),
  replace: z.object({ ...members, syncWithCatalog: z.boolean().optional(), scale: scale.optional() }),
  lifecycle: 'publish',
  fixed: ['catalogVirtualCurrencyId', 'scale'],
  stageShownBy: ['create', 'replace', 'publish'],
  originShown: true,
  fields: { list: ['translations'], get: ['translations'] },
  translationPaths: ['streak-rules', 'virtual-currencies'],
  check: checkBounds,
}
