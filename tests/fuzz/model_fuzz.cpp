// The reader of models on any bytes: an Error that names the file, or a model whose JSON reads back to the same JSON.
#include <cstdint>
#include <string>

#include "balmer/error.hpp"
#include "balmer/model.hpp"
#include "fuzz/must_hold.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace balmer;
    Model model;
    try {
        model = model_from_json(std::string(reinterpret_cast<const char*>(data), size), "fuzz");
    } catch (const Error& error) {
        must_hold(std::string(error.what()).find("fuzz") != std::string::npos);
        return 0;
    }
    const std::string text = to_json(model);
    must_hold(to_json(model_from_json(text, "fuzz")) == text);
    for (const std::string& format : export_formats()) {
        try {
            must_hold(!export_model(model, format).empty());
        } catch (const Error&) {  // such as an operator that the format has no name for
        }
    }
    return 0;
}
