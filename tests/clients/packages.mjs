// Where the documented clients, which lie outside this folder, find the packages that are installed in it.
import { register } from "node:module";
import { isMainThread } from "node:worker_threads";

if (isMainThread) register(import.meta.url);

export function resolve(specifier, context, next) {
  const isPackage = !/^(\.|\/|node:|file:|data:)/.test(specifier);
  return next(specifier, isPackage ? { ...context, parentURL: import.meta.url } : context);
}
