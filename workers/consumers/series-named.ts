// The series a row speaks of. Series are never removed, so one that is not in the remembered rule set is newer than the
// memory: then the workspace itself is asked. Throws when it does not know it either, so that the message comes again.

import type { Series } from '../../domain/boards/types.ts'
import type { Services } from '../services.ts'

export async function seriesNamed(services: Services, workspaceId: string, seriesId: string): Promise<Series> {
  for (const ask of [() => services.ruleSet(workspaceId), () => services.workspace(workspaceId).ruleSet(workspaceId)]) {
    const ruleSet = await ask()
    if (!ruleSet.ok) throw new Error(`rule set: ${ruleSet.error.code}`)
    const series = ruleSet.value.series.find((one) => one.seriesId === seriesId)
    if (series) return series
  }
  throw new Error(`series ${seriesId} is in no rule set`)
}

/** The same as the workspace has it now: where a change of the series is what is being told, an older form will not do. */
export async function newestSeries(services: Services, workspaceId: string, seriesId: string): Promise<Series> {
  const ruleSet = await services.workspace(workspaceId).ruleSet(workspaceId)
  if (!ruleSet.ok) throw new Error(`rule set: ${ruleSet.error.code}`)
  const series = ruleSet.value.series.find((one) => one.seriesId === seriesId)
  if (!series) throw new Error(`series ${seriesId} is in no rule set`)
  return series
}
