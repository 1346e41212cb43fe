// Reads the sections of a source into the model, in the order in which they refer to one another.
#pragma once
#include "model.h"
#include "reader.h"

namespace heed::compile {

void read_site(Reader& reader, Model& model);
void read_consent(Reader& reader, Model& model);
void read_attributes(Reader& reader, Model& model);
void read_signals(Reader& reader, Model& model);
void read_features(Reader& reader, Model& model);
void read_segments(Reader& reader, Model& model);
void read_journeys(Reader& reader, Model& model);
/// Needs segments and journeys in their final order.
void read_microsegments(Reader& reader, Model& model);
void read_assets(Reader& reader, Model& model);
void read_templates(Reader& reader, Model& model);
void read_slots(Reader& reader, Model& model);
void read_metrics(Reader& reader, Model& model);
void read_layers(Reader& reader, Model& model);
void read_campaigns(Reader& reader, Model& model);
/// Whether a number stands for every microsegment.
enum class AloneNumber : std::uint8_t { refused, everywhere };
/// A map of microsegments, or of segments, to amounts. Needs the microsegments.
[[nodiscard]] CellValues read_values(Reader& reader, const Model& model, const JsonNode& node,
                                     AloneNumber number);
void read_triggers(Reader& reader, Model& model);

/// Orders segments and journeys by what they read, then types and expands every condition.
void order_groups(Reader& reader, Model& model);
void resolve_conditions(Reader& reader, Model& model);

}  // namespace heed::compile
