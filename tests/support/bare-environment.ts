const { PATH, NODE_COMPILE_CACHE } = process.env;

/** The environment of a process that must see no setting of this one: where programs are, and their compiled code. */
export const bareEnvironment: Readonly<Record<string, string | undefined>> = {
  PATH,
  ...(NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE }),
};
