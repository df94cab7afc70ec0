/** Whether an HTTP header can carry the key: fetch would refuse another with an error that quotes it. */
export const isSendableKey = (key: string): boolean => /^[\x21-\x7e]+$/.test(key);
