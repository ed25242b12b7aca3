// How much media each plan holds. R2 takes 5 GiB in a single PUT, and so does S3, where the copies are: no file is larger.

import type { Plan } from '../limits/plans.ts'

export interface MediaLimits {
  /** Of one file. */
  fileBytes: number
  /** Of everything a workspace keeps. */
  totalBytes: number
  /** How many media a workspace keeps. */
  items: number
  /** How many uploads may have begun and not be finished. */
  unfinishedUploads: number
}

const gib = 1024 ** 3

const plans: Record<Plan, MediaLimits> = {
  STANDARD: { fileBytes: gib, totalBytes: 50 * gib, items: 100_000, unfinishedUploads: 1000 },
  PREMIUM: { fileBytes: 2 * gib, totalBytes: 500 * gib, items: 250_000, unfinishedUploads: 5000 },
  ENTERPRISE: { fileBytes: 5 * gib - 5 * 1024 ** 2, totalBytes: 5 * 1024 * gib, items: 1_000_000, unfinishedUploads: 20_000 },
}

export const mediaLimitsOf = (plan: Plan): MediaLimits => plans[plan]
