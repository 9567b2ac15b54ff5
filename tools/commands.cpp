#include "commands.h"

namespace scangrad_tools {

Run add_commands(CLI::App& app, int argc, char** argv) {
  const Run train = add_train(app, argc, argv), eval = add_eval(app), info = add_info(app);
  return [&app, train, eval, info] {
    if (app.got_subcommand("train")) return train();
    return app.got_subcommand("eval") ? eval() : info();
  };
}

}  // namespace scangrad_tools
