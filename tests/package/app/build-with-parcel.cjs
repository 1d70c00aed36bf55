const { Parcel } = require("@parcel/core");

new Parcel({
  entries: "index.html",
  defaultConfig: require.resolve("@parcel/config-default"),
  mode: "production",
  defaultTargetOptions: { distDir: "by-parcel" },
})
  .run()
  .catch((error) => {
    for (const { message, hints } of error.diagnostics ?? [error]) console.error(message, hints ?? "");
    process.exitCode = 1;
  });
