// Two tenants of one platform: one whose answers are timed and whom no limit meets, and one that has the plan's limits.

import { localAccountId, workspaceNaming } from '../../scripts/local/tokens.ts'
import type { LocalPlatform } from '../local-platform.ts'
import { prepareWorkload, type Workload } from '../overload/prepare.ts'
import { send } from '../workspace.ts'
import { uploadPicture } from './pictures.ts'
import type { Hostile } from './scenarios.ts'

export interface Tenants {
  ordinary: Workload
  hostile: Hostile
}

const users = 20
const largeSide = 4_000
const costlyActivityId = 'costly'
/** Halved until the platform takes the rule. */
const costlyTimesAtMost = 96

export async function prepareTenants({ baseUrl, issuing }: LocalPlatform, side = largeSide): Promise<Tenants> {
  const size = { users, series: 1, boards: 12, machines: 1 }
  const ordinary = await prepareWorkload(baseUrl, issuing, 'ordinary', size)
  const hostile = await prepareWorkload(baseUrl, issuing, 'hostile', size)
  await makeCostlyRule(baseUrl, hostile.admin)
  const largePicturePath = await uploadPicture(baseUrl, hostile.admin, hostile.workspaceId, 'large', side)
  const body = { accountId: localAccountId, ...workspaceNaming('hostile'), settings: {} }
  await send('PUT', `${baseUrl}/platform/v1/workspaces/${hostile.workspaceId}`, issuing.operatorKey, body)
  const { activityId, workspaceId } = hostile
  const machine = hostile.machines[0] as string
  return {
    ordinary,
    hostile: { activityId, workspaceId, users: hostile.users, machine, costlyActivityId, largePicturePath, address: '198.51.100.' },
  }
}

async function makeCostlyRule(baseUrl: string, admin: string): Promise<void> {
  const at = `${baseUrl}/dashboard/v1`
  const described = { defaultLang: 'en', translations: [{ lang: 'en', label: 'Costly', description: 'Costly' }] }
  await send('POST', `${at}/activities`, admin, { ...described, name: 'Costly', activityId: costlyActivityId })
  await send('POST', `${at}/activities/${costlyActivityId}/publish`, admin, {})
  const lookup = { in: [{ var: 'event.additionalData.b' }, { var: 'event.additionalData.a' }] }
  for (let times = costlyTimesAtMost; ; times = Math.floor(times / 2)) {
    const rule = {
      name: 'Costly',
      ruleType: 'INSTANCE',
      matchEntity: 'Activity',
      matchEntityId: costlyActivityId,
      matchCondition: times === 1 ? lookup : { or: Array.from({ length: times }, () => lookup) },
      applicationMode: 'ALWAYS',
      defaultLang: 'en',
      translations: [{ lang: 'en', description: 'Costly' }],
      rewards: [{ rewardType: 'VIRTUAL_CURRENCY', virtualCurrencyId: 'points', redemptionMode: 'AUTO', expression: 1 }],
    }
    try {
      const { rewardRuleId } = (await send('POST', `${at}/reward-rules`, admin, rule)) as { rewardRuleId: string }
      await send('POST', `${at}/reward-rules/${rewardRuleId}/publish`, admin, {})
      return
    } catch (refused) {
      if (times === 1) throw refused
    }
  }
}
