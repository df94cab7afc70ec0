/** An empty value counts as not set. */
export const isSet = (value: string | undefined): value is string => value !== undefined && value.trim() !== "";
