/** The package's `main` is CommonJS in a package of ES modules; its module has the same names. */
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export * from 'wgsl_reflect';
}
