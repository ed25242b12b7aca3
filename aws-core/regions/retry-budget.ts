// How many calls may be sent again: a share of those that were sent in the first place, so that retries cannot be what
// keeps a busy region busy. One for each region and isolate.
//
// A token bucket without a clock: each first send pays in a tenth of a retry, at most `most` are saved.

export interface RetryBudget {
  sent(): void
  /** True where one more may be sent; it is then spent. */
  spend(): boolean
}

const share = 0.1
const most = 10

export function retryBudget(): RetryBudget {
  let saved = most
  return {
    sent() {
      saved = Math.min(most, saved + share)
    },
    spend() {
      if (saved < 1) return false
      saved -= 1
      return true
    },
  }
}
