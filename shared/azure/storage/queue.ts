/** One queue of the account. */
export interface Queue {
  /**
   * Puts a message that never expires and stays invisible for `delaySeconds` (0 to 7 days). One request; a request whose
   * reply was lost is sent again, so a message may come twice. Throws SERVICE_ERROR when storage does not take it.
   */
  send(text: string, delaySeconds: number): Promise<void>;
}

/** 7 days: the longest visibility timeout that Queue Storage takes. */
export const longestDelaySeconds = 7 * 24 * 60 * 60;
