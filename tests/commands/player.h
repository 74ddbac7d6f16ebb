// Plays a section on a stage and reports each step that went otherwise than written.
#pragma once

#include <functional>
#include <string>

#include "commands/link.h"
#include "commands/transcript.h"

namespace miniredis::transcripts {

// Whether the section can be played where `protocol` is spoken.
bool applies(const Section& section, Protocol protocol);

using Complaint = std::function<void(const Step& step, const std::string& what)>;

// Clients connect when the section first names them. A step that differs is reported and the play
// goes on; when a client stops answering the section ends.
void play(const Section& section, Stage& stage, const Complaint& complain);

}  // namespace miniredis::transcripts
