// A reward rule: for which events it pays, and what. Everything that can be known to be wrong without an event is
// refused when it is written (references, expressions), so that a user's event never finds it.

import { z } from 'zod'
import { checkExpression } from '../expressions/check.ts'
import type { InputError } from '../failures.ts'
import { matchConditionContext, rewardExpressionContext } from '../rules/contexts.ts'
import type { References, ResourceDeclaration, ResourceDraft } from './declaration.ts'
import { freeForm } from './free-form.ts'
import { lang } from './lang.ts'
import { descriptionText, nameText, text } from './text.ts'

/** JsonLogic or a static value; what is in it is checked by `check`, which knows the context. */
const expression = freeForm
  .refine((value) => value !== undefined, { error: 'Required.' })
  .meta({ id: 'JsonLogicExpression', description: 'JsonLogic (https://jsonlogic.com), or a static value.' })

const currencyReward = z.object({
  rewardType: z.literal('VIRTUAL_CURRENCY').default('VIRTUAL_CURRENCY'),
  virtualCurrencyId: text(128),
  redemptionMode: z.enum(['AUTO', 'MANUAL']),
  expression,
})
const badgeReward = z.object({ rewardType: z.literal('BADGE'), badgeConfigurationId: text(128) })
const reward = z.discriminatedUnion('rewardType', [currencyReward, badgeReward])

const members = {
  name: nameText,
  ruleType: z.enum(['INSTANCE', 'ENTITY', 'TAG']),
  matchEntity: z.enum(['Mission', 'Activity', 'Quiz', 'Tag', 'LearningPath', 'LearningGroup', 'Slide']),
  matchEntityId: text(128).optional(),
  matchCondition: expression,
  applicationMode: z.enum(['ALWAYS', 'FALLBACK', 'DISABLED']),
  defaultLang: lang,
  rewards: z.array(reward).min(1).max(10),
  translations: z
    .array(z.object({ lang, description: descriptionText.optional() }))
    .min(1)
    .max(10),
}

type Members = z.output<z.ZodObject<typeof members>>

export const rewardRule: ResourceDeclaration = {
  type: 'reward-rule',
  title: 'RewardRule',
  path: 'reward-rules',
  operations: 'rewardRules',
  idMember: 'rewardRuleId',
  clientMayChooseId: false,
  create: z.object({ ...members, catalogRewardRuleId: text(128).optional() }),
  replace: z.object(members),
  lifecycle: 'publish',
  fixed: ['catalogRewardRuleId'],
  stageShownBy: ['replace', 'publish'],
  originShown: true,
  fields: { list: ['translations'], get: [] },
  translationPaths: ['reward-rules'],
  // Eleven expressions, each as large as it may be (expressions/size.ts).
  bodyMembers: 12_000,
  check: checkRewardRule,
}

function checkRewardRule({ body }: ResourceDraft, _existing: unknown, references: References): InputError[] {
  const rule = body as Members
  return [
    ...checkMatch(rule, references),
    ...checkExpression(rule.matchCondition, { context: matchConditionContext, result: 'boolean' }, '/matchCondition'),
    ...rule.rewards.flatMap((each, index) => checkReward(each, `/rewards/${index}`, references)),
  ]
}

function checkMatch({ ruleType, matchEntity, matchEntityId }: Members, references: References): InputError[] {
  const pointer = '/matchEntityId'
  if (ruleType === 'ENTITY') return matchEntityId === undefined ? [] : [{ pointer, detail: 'A rule of type ENTITY names no entity.' }]
  if (matchEntityId === undefined) return [{ pointer, detail: `A rule of type ${ruleType} needs one.` }]
  const unknown = ruleType === 'INSTANCE' && matchEntity === 'Activity' && !references.exists('activity', matchEntityId)
  return unknown ? [{ pointer, detail: 'There is no such activity.' }] : []
}

function checkReward(reward: Members['rewards'][number], pointer: string, references: References): InputError[] {
  // Badges have no configurations yet, so no id can name one.
  if (reward.rewardType === 'BADGE')
    return [{ pointer: `${pointer}/badgeConfigurationId`, detail: 'There is no such badge configuration.' }]
  const known = references.exists('virtual-currency', reward.virtualCurrencyId)
  return [
    ...(known ? [] : [{ pointer: `${pointer}/virtualCurrencyId`, detail: 'There is no such virtual currency.' }]),
    ...checkExpression(reward.expression, { context: rewardExpressionContext, result: 'number' }, `${pointer}/expression`),
  ]
}
