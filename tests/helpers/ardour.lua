-- Run by test_ardour.py in Ardour's own Lua, without a screen or a sound card: prints what Ardour sees of the plug-ins.
local folder = os.getenv("DEEPDENOISE_SESSION")
AudioEngine:set_backend("None (Dummy)", "", "")
AudioEngine:set_device_name("Silence")
AudioEngine:set_sample_rate(48000)
local session = create_session(folder, "session", 48000)
local kinds = { { "vst3", "DeepDenoise", ARDOUR.PluginType.VST3 }, { "lv2", "urn:deepdenoise:stereo", ARDOUR.PluginType.LV2 } }
for _, kind in ipairs(kinds) do
    local processor = ARDOUR.LuaAPI.new_plugin(session, kind[2], kind[3], "")
    local plugin = processor:to_insert():plugin(0)
    local count, values = 0, nil
    local function show(what)
        values = {}
        for control = 0, count - 1 do
            values[#values + 1] = string.format("%g", ARDOUR.LuaAPI.get_processor_param(processor, control, true))
        end
        print(kind[1], what, table.concat(values, " "))
    end
    for port = 0, plugin:parameter_count() - 1 do
        if plugin:parameter_is_control(port) and plugin:parameter_is_input(port) then
            local _, result = plugin:get_parameter_descriptor(port, ARDOUR.ParameterDescriptor())
            local d, texts = result[2], {}
            for text, value in pairs(ARDOUR.LuaAPI.desc_scale_points(d)) do
                texts[#texts + 1] = string.format("%d=%s", value, text)
            end
            table.sort(texts)
            print(kind[1], "control", string.format("%s|%g|%g|%g|%s", d.label, d.lower, d.upper, d.normal, table.concat(texts, ",")))
            count = count + 1
        end
    end
    for _, name in ipairs({ "Podcast", "Strong", "Keep music" }) do
        local preset = plugin:preset_by_label(name)
        print(kind[1], "preset", name .. "|" .. tostring(preset ~= nil and plugin:load_preset(preset)))
        show("values")
    end
    if kind[1] == "vst3" then
        ARDOUR.LuaAPI.set_processor_param(processor, count - 1, 2) -- the list of models
        show("values")
    end
end
close_session()
quit()
